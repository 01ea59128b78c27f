package org.plumbline.spi.provenance;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** Something that rests on published work. */
@ConsumerType
public interface Citable {
    /** The works to cite; empty if there are none. */
    default List<Citation> citations() {
        return List.of();
    }
}
