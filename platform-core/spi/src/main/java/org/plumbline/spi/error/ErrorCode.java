package org.plumbline.spi.error;

import org.osgi.annotation.versioning.ConsumerType;

/** A stable name for one way to fail. Implement it with an enum; the constant's name is the code. */
@ConsumerType
public interface ErrorCode {
    /** The code, in capitals with underscores, unique within its plugin. */
    String name();

    /** Whose fault it is. */
    ErrorKind kind();
}
