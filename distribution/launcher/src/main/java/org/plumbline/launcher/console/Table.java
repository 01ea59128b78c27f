package org.plumbline.launcher.console;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Text in columns that are as wide as they need to be; empty columns are left out. */
public final class Table {
    private static final int GAP = 2;

    private final List<String[]> rows = new ArrayList<>();

    /** A table with these column titles. */
    public Table(String... titles) {
        rows.add(titles.clone());
    }

    /** Adds a row with as many cells as there are titles. */
    public void row(String... cells) {
        if (cells.length != rows.get(0).length) {
            throw new IllegalArgumentException(cells.length + " cells for " + rows.get(0).length + " columns");
        }
        rows.add(cells.clone());
    }

    /** Prints titles and rows, however wide they are. */
    public void print(PrintWriter out) {
        print(out, Integer.MAX_VALUE);
    }

    /**
     * Prints titles and rows. Columns that do not fit beside the first one follow in a further block below, with the first
     * column again.
     *
     * @param width characters of a line
     */
    public void print(PrintWriter out, int width) {
        int[] widths = widths();
        int from = 1;
        do {
            int to = from;
            int used = room(widths[0]);
            while (to < widths.length && (to == from || used + widths[to] <= width)) {
                used += room(widths[to]);
                to++;
            }
            if (from > 1) {
                out.println();
            }
            for (String[] row : rows) {
                StringBuilder line = new StringBuilder();
                append(line, row[0], widths[0]);
                for (int column = from; column < to; column++) {
                    append(line, row[column], widths[column]);
                }
                out.println(line.toString().stripTrailing());
            }
            from = to;
        } while (from < widths.length);
    }

    private int[] widths() {
        int[] widths = new int[rows.get(0).length];
        for (int column = 0; column < widths.length; column++) {
            int at = column;
            boolean empty = rows.stream().skip(1).allMatch(row -> row[at].isEmpty());
            widths[column] = empty
                    ? 0
                    : rows.stream().mapToInt(row -> row[at].length()).max().orElse(0);
        }
        return widths;
    }

    private static int room(int width) {
        return width == 0 ? 0 : width + GAP;
    }

    private static void append(StringBuilder line, String cell, int width) {
        if (width > 0) {
            line.append(cell).append(" ".repeat(width - cell.length() + GAP));
        }
    }
}
