package org.plumbline.plugins.dataset.digits;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/**
 * A gzipped IDX file of unsigned bytes: two zero bytes, the type 8, the number of dimensions, the sizes as big-endian
 * 32-bit integers, and the values in row-major order.
 *
 * @param sizes one per dimension
 * @param values as they lie in the file; a byte stands for 0 to 255
 */
record IdxFile(int[] sizes, byte[] values) {
    private static final int UNSIGNED_BYTE = 8;
    private static final int LARGEST = 1 << 30;

    /**
     * Reads a file.
     *
     * @param dimensions how many dimensions it must have
     * @throws PlumblineException {@link StandardError#MISSING_FILE} or {@link StandardError#MALFORMED_FILE}
     */
    static IdxFile read(Path file, int dimensions) {
        try (InputStream raw = Files.newInputStream(file);
                DataInputStream in = new DataInputStream(new GZIPInputStream(raw))) {
            int magic = in.readInt();
            if (magic != (UNSIGNED_BYTE << 8 | dimensions)) {
                throw malformed(
                                file,
                                String.format("starts with %08x, not %08x", magic, UNSIGNED_BYTE << 8 | dimensions))
                        .build();
            }
            int[] sizes = new int[dimensions];
            long count = 1;
            for (int d = 0; d < dimensions; d++) {
                sizes[d] = in.readInt();
                count *= sizes[d];
                if (sizes[d] < 0 || count > LARGEST) {
                    throw malformed(file, "claims the sizes " + Arrays.toString(Arrays.copyOf(sizes, d + 1)))
                            .build();
                }
            }
            byte[] values = in.readNBytes(Math.toIntExact(count));
            if (values.length < count) {
                throw malformed(file, "ends after " + values.length + " of " + count + " values")
                        .build();
            }
            if (in.read() != -1) {
                throw malformed(file, "goes on after its " + count + " values").build();
            }
            return new IdxFile(sizes, values);
        } catch (EOFException e) {
            throw malformed(file, "ends too early").cause(e).build();
        } catch (java.util.zip.ZipException e) {
            throw malformed(file, "is not a gzip file").cause(e).build();
        } catch (IOException e) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("digits file " + file + " cannot be read: " + e.getMessage())
                    .remedy("point the dataset's setting 'folder' at a folder with both MNIST files")
                    .cause(e)
                    .build();
        }
    }

    private static PlumblineException.Builder malformed(Path file, String what) {
        return PlumblineException.of(StandardError.MALFORMED_FILE)
                .asked("IDX file " + file + " " + what)
                .remedy("copy the file again; its checksum is in the README beside the shipped one");
    }
}
