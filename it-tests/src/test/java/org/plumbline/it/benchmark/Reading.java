package org.plumbline.it.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.plumbline.toolkit.file.AtomicFile;

/**
 * What one process measured of one method.
 *
 * @param engine what computed, with versions
 * @param wall seconds of each timed update
 * @param cpu processor seconds of each timed update, all threads of the process together
 * @param nfeForward network evaluations per sample in one update
 * @param nfeBackward vector-Jacobian products per sample in one update
 * @param rowsForward network rows of one update; guidance doubles them
 * @param rowsBackward the same backwards
 * @param memory bytes by which the resident memory grew at most in the first update on the whole batch
 * @param deviceMemory bytes of a CUDA device that the process holds after the updates, which its allocator keeps at their
 *     peak; 0 on the CPU
 * @param transfers seconds that the copies between Java and the device of one update take when nothing else is done
 * @param difference |g - g'| / |g'| for the gradient g of the common case and g' of the case file; null if it holds none
 */
record Reading(
        String engine,
        List<Double> wall,
        List<Double> cpu,
        long nfeForward,
        long nfeBackward,
        long rowsForward,
        long rowsBackward,
        long memory,
        long deviceMemory,
        double transfers,
        @Nullable Double difference) {
    void write(Path file) {
        try {
            AtomicFile.write(file, new ObjectMapper().writeValueAsString(this));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Reading read(Path file) throws IOException {
        return new ObjectMapper().readValue(Files.readString(file), Reading.class);
    }
}
