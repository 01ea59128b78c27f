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

    @Test
    void columnsThatDoNotFitFollowBelowBesideTheFirstOne() {
        Table table = new Table("NAME", "FIRST", "SECOND", "THIRD");
        table.row("a", "1", "22222222", "3");
        StringWriter text = new StringWriter();
        table.print(new PrintWriter(text, true), 23);
        assertEquals("""
                NAME  FIRST  SECOND
                a     1      22222222

                NAME  THIRD
                a     3
                """, text.toString().replace("\r\n", "\n"));
    }
}
