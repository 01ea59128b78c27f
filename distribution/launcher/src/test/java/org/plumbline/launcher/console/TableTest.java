package org.plumbline.launcher.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void columnsAreAsWideAsNeededAndEmptyOnesAreLeftOut() {
        Table table = new Table("ID", "TRAITS", "DESCRIPTION");
        table.row("rlr", "", "recursive likelihood ratio");
        table.row("adjoint-dpm", "", "");
        StringWriter text = new StringWriter();
        table.print(new PrintWriter(text, true));
        assertEquals("""
                ID           DESCRIPTION
                rlr          recursive likelihood ratio
                adjoint-dpm
                """, text.toString().replace(System.lineSeparator(), "\n"));
    }

    @Test
    void rowHasAsManyCellsAsThereAreColumns() {
        assertThrows(IllegalArgumentException.class, () -> new Table("A", "B").row("1"));
    }
}
