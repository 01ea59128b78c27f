package org.plumbline.plugins.backend.reference;

import jakarta.inject.Inject;
import java.util.EnumSet;
import java.util.Set;
import org.plumbline.spi.backend.BackendSession;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.spi.plugin.Plugin;

/** Computes in plain Java and double precision, on the thread that calls. Holds nothing itself. */
@Plugin(
        id = "reference",
        description = "plain Java in double precision: needs nothing native, for checks and small problems")
public final class ReferenceBackend implements ComputeBackend {
    /** The backend has no settings. */
    @Inject
    public ReferenceBackend() {}

    @Override
    public Set<Capability> capabilities() {
        return EnumSet.allOf(Capability.class);
    }

    @Override
    public String description() {
        return "reference, plain Java " + Runtime.version().feature() + ", CPU, float64, 1 thread";
    }

    @Override
    public BackendSession open() {
        return new ReferenceSession();
    }
}
