package org.plumbline.toolkit.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the JSON at the front of a file says, checked: every tensor's bytes are as many as its shape and type need, and
 * together they tile the data without overlap or gap.
 *
 * @param metadata the free text entries
 * @param tensors by name, in the order of the file
 */
record Header(Map<String, String> metadata, Map<String, Region> tensors) {
    /** Where a tensor lies, counted from the end of the header. */
    record Region(DataType type, long begin, long end, long... shape) {}

    /** What is wrong with a file, in words. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        private final String why;
        private final String remedy;

        Malformed(String why) {
            this(why, "copy or download it again");
        }

        Malformed(String why, String remedy) {
            super(why);
            this.why = why;
            this.remedy = remedy;
        }

        String remedy() {
            return remedy;
        }

        String why() {
            return why;
        }
    }

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    Header {
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    /**
     * Reads a header.
     *
     * @param json its bytes
     * @param dataSize how many bytes follow it in the file
     */
    static Header parse(byte[] json, long dataSize) throws Malformed {
        Map<String, String> metadata = new LinkedHashMap<>();
        Map<String, Region> tensors = new LinkedHashMap<>();
        try (JsonParser parser = JSON.createParser(json)) {
            expect(parser.nextToken(), JsonToken.START_OBJECT, "the header");
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (name.equals("__metadata__")) {
                    readMetadata(parser, metadata);
                } else {
                    tensors.put(name, readRegion(parser, name));
                }
            }
            if (parser.nextToken() != null) {
                throw new Malformed("something follows the header's closing brace");
            }
        } catch (IOException e) {
            throw new Malformed("its header is not a JSON object without duplicate keys: " + firstLine(e));
        }
        checkTiling(tensors, dataSize);
        return new Header(metadata, tensors);
    }

    private static void readMetadata(JsonParser parser, Map<String, String> into) throws IOException, Malformed {
        expect(parser.nextToken(), JsonToken.START_OBJECT, "__metadata__");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            expect(parser.nextToken(), JsonToken.VALUE_STRING, "__metadata__." + key);
            into.put(key, parser.getText());
        }
    }

    private static Region readRegion(JsonParser parser, String name) throws IOException, Malformed {
        String typeName = null;
        long[] shape = null;
        long[] offsets = null;
        expect(parser.nextToken(), JsonToken.START_OBJECT, "tensor '" + name + "'");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (key) {
                case "dtype" -> {
                    expect(value, JsonToken.VALUE_STRING, "dtype of tensor '" + name + "'");
                    typeName = parser.getText();
                }
                case "shape" -> shape = readSizes(parser, value, "shape of tensor '" + name + "'");
                case "data_offsets" -> offsets = readSizes(parser, value, "data_offsets of tensor '" + name + "'");
                default -> throw new Malformed("tensor '" + name + "' has an unknown entry '" + key + "'");
            }
        }
        if (typeName == null || shape == null || offsets == null || offsets.length != 2) {
            throw new Malformed("tensor '" + name + "' needs dtype, shape and two data_offsets");
        }
        String storedType = typeName;
        DataType type = DataType.of(storedType)
                .orElseThrow(() -> new Malformed("tensor '" + name + "' has data type " + storedType + "; known are "
                        + Arrays.toString(DataType.values())));
        Region region = new Region(type, offsets[0], offsets[1], shape);
        long needed = bytesOf(name, type, shape);
        if (region.end - region.begin != needed) {
            throw new Malformed("tensor '" + name + "' of type " + type + " and shape " + Arrays.toString(shape)
                    + " needs " + needed + " bytes but data_offsets [" + region.begin + ", " + region.end + "] give it "
                    + (region.end - region.begin));
        }
        return region;
    }

    private static long bytesOf(String name, DataType type, long[] shape) throws Malformed {
        try {
            long count = type.bytes();
            for (long size : shape) {
                count = Math.multiplyExact(count, size);
            }
            return count;
        } catch (ArithmeticException e) {
            throw new Malformed("tensor '" + name + "' has the impossible shape " + Arrays.toString(shape));
        }
    }

    private static long[] readSizes(JsonParser parser, JsonToken token, String what) throws IOException, Malformed {
        expect(token, JsonToken.START_ARRAY, what);
        List<Long> sizes = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, what);
            long size = parser.getLongValue();
            if (size < 0) {
                throw new Malformed(what + " holds the negative number " + size);
            }
            sizes.add(size);
        }
        return sizes.stream().mapToLong(Long::longValue).toArray();
    }

    private static void checkTiling(Map<String, Region> tensors, long dataSize) throws Malformed {
        List<Map.Entry<String, Region>> inOrder = new ArrayList<>(tensors.entrySet());
        inOrder.sort(Comparator.comparingLong((Map.Entry<String, Region> entry) -> entry.getValue().begin)
                .thenComparingLong(entry -> entry.getValue().end));
        long end = 0;
        String previous = "the header";
        for (Map.Entry<String, Region> entry : inOrder) {
            Region region = entry.getValue();
            if (region.begin < end) {
                throw new Malformed("tensors '" + previous + "' and '" + entry.getKey() + "' overlap");
            }
            if (region.begin > end) {
                throw new Malformed((region.begin - end) + " bytes between " + previous + " and '" + entry.getKey()
                        + "' belong to no tensor");
            }
            end = region.end;
            previous = entry.getKey();
        }
        if (end > dataSize) {
            throw new Malformed("it is truncated: tensor '" + previous + "' ends " + (end - dataSize)
                    + " bytes after the end of the file");
        }
        if (end < dataSize) {
            throw new Malformed((dataSize - end) + " bytes at its end belong to no tensor");
        }
    }

    private static void expect(JsonToken found, JsonToken wanted, String what) throws Malformed {
        if (found != wanted) {
            throw new Malformed(what + " should be " + wanted + " but is " + found);
        }
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
