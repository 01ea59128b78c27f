package org.plumbline.spi.error;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A failure with a code and a message that helps: what was asked, what is available, what to do.
 *
 * <p>Thread-safe once built. Create it with {@link #of(ErrorCode)}.
 */
public final class PlumblineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ErrorCode code;

    private PlumblineException(ErrorCode code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** Starts a failure with this code. */
    public static Builder of(ErrorCode code) {
        return new Builder(Objects.requireNonNull(code, "code"));
    }

    /** The stable code of this failure. */
    public ErrorCode code() {
        return code;
    }

    /** Collects the parts of the message. */
    public static final class Builder {
        private final ErrorCode code;
        private @Nullable String asked;
        private @Nullable String available;
        private @Nullable String remedy;
        private @Nullable Throwable cause;

        private Builder(ErrorCode code) {
            this.code = code;
        }

        /** What was asked and why it fails, for example {@code "estimator 'rlrr' is not known"}. Required. */
        public Builder asked(String text) {
            asked = text;
            return this;
        }

        /** What could have been asked instead. */
        public Builder available(String text) {
            available = text;
            return this;
        }

        /** What the reader can do about it. */
        public Builder remedy(String text) {
            remedy = text;
            return this;
        }

        /** The failure beneath this one. */
        public Builder cause(Throwable beneath) {
            cause = beneath;
            return this;
        }

        /** Builds the exception. */
        public PlumblineException build() {
            StringBuilder text = new StringBuilder(Objects.requireNonNull(asked, "asked"));
            if (available != null) {
                text.append("; available: ").append(available);
            }
            if (remedy != null) {
                text.append("; to do: ").append(remedy);
            }
            return new PlumblineException(
                    code, text.append(" [").append(code.name()).append(']').toString(), cause);
        }
    }
}
