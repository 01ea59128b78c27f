package org.plumbline.plugins.reward.onnx;

import java.nio.file.Path;
import java.util.Map;
import org.plumbline.spi.plugin.PluginContext;
import org.plumbline.spi.reward.RewardModel;
import org.plumbline.toolkit.settings.SettingsBinder;

/** Makes rewards from what a user would write. */
final class Settings {
    static final Path GOLDEN = Path.of("src/test/resources/golden");
    static final Path DIGITS = Path.of("../../distribution/app/src/main/plumbline/models/digits");

    private Settings() {}

    /** The reward as the host would have it. File names are those of a folder. */
    static RewardModel reward(Path folder, Map<String, Object> written) {
        Configuration configuration = SettingsBinder.of(Configuration.class).bind(written, "reward 'onnx'");
        return new OnnxReward(configuration, context(folder)).chosen();
    }

    static PluginContext context(Path folder) {
        return new PluginContext() {
            @Override
            public String id() {
                return "onnx";
            }

            @Override
            public Path resolve(String name) {
                return folder.resolve(name);
            }
        };
    }
}
