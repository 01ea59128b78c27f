package org.plumbline.launcher.console;

import java.io.PrintWriter;
import java.util.List;
import org.plumbline.toolkit.settings.SettingDescription;

/** Settings with their defaults and what they may be, a line each. */
public record SettingsTable(List<SettingDescription> settings) {
    public SettingsTable {
        settings = List.copyOf(settings);
    }

    /** Prints it. */
    public void print(PrintWriter out) {
        Table table = new Table("KEY", "DEFAULT", "ALLOWED", "DESCRIPTION");
        for (SettingDescription setting : settings) {
            String range = setting.range() == null ? "" : ", " + setting.range();
            table.row(
                    setting.key(),
                    setting.defaultValue() != null
                            ? setting.defaultValue()
                            : setting.required() ? "(required)" : "(none)",
                    setting.type() + range,
                    setting.description());
        }
        table.print(out);
    }
}
