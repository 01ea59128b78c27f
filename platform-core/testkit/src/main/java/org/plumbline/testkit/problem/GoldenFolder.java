package org.plumbline.testkit.problem;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The folder of recorded numbers that {@code -Dplumbline.golden=<folder>} names, so that further cases run through the
 * same tests. What it does not hold is taken from the resources of the tests.
 */
public final class GoldenFolder {
    /** Names the folder. */
    public static final String PROPERTY = "plumbline.golden";

    private static final String CASES = "diffusers";

    private GoldenFolder() {}

    /** A file or folder in it, if there is one. */
    public static Optional<Path> find(String name) {
        return named().map(folder -> folder.resolve(name)).filter(Files::exists);
    }

    /** The folder that holds a folder per case: {@code diffusers} in the named one, or the named one itself. */
    public static Optional<Path> cases() {
        return find(CASES).or(GoldenFolder::named);
    }

    private static Optional<Path> named() {
        return Optional.ofNullable(System.getProperty(PROPERTY)).map(Path::of);
    }
}
