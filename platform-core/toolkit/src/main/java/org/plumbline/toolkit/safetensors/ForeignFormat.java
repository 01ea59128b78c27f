package org.plumbline.toolkit.safetensors;

import java.util.Optional;

/**
 * What a file is that was taken for a safetensors file, by how it starts.
 *
 * @param what it is, in words that follow the file's name
 * @param remedy what to do about it
 * @param certain whether no safetensors file starts like that; otherwise it may be the length of a header
 */
record ForeignFormat(String what, String remedy, boolean certain) {
    private static final String CONVERT =
            "convert it to safetensors where you trust it, for example with save_pretrained of diffusers or, for a plain"
                    + " dictionary of tensors, in Python: safetensors.torch.save_file(torch.load(file, weights_only=True),"
                    + " 'model.safetensors')";

    /** Recognises a format by the first eight bytes of a file. */
    static Optional<ForeignFormat> of(byte[] start) {
        if (start[0] == 'P' && start[1] == 'K' && start[2] == 3 && start[3] == 4) {
            return Optional.of(new ForeignFormat(
                    "it is a zip archive, as torch.save writes it, with a pickle inside, which may hold code and is never"
                            + " read here",
                    CONVERT,
                    true));
        }
        // A pickle starts with its protocol.
        if (start[0] == (byte) 0x80 && start[1] >= 2 && start[1] <= 5) {
            return Optional.of(new ForeignFormat(
                    "it is a pickle, as older versions of torch.save write it, which may hold code and is never read here",
                    CONVERT,
                    false));
        }
        if (startsWith(start, "version ")) {
            return Optional.of(new ForeignFormat(
                    "it is a pointer of Git LFS to a file that was not downloaded",
                    "run 'git lfs pull' in its folder",
                    false));
        }
        if (startsWith(start, "GGUF")) {
            return Optional.of(new ForeignFormat("it is a GGUF file", CONVERT, false));
        }
        return Optional.empty();
    }

    private static boolean startsWith(byte[] bytes, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (bytes[i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
