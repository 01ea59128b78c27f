package org.plumbline.plugins.backend.reference;

import org.plumbline.kernel.backend.CompositeBackend;
import org.plumbline.spi.backend.ComputeBackend;
import org.plumbline.testkit.backend.BackendContract;

/** Two backends that share no memory keep the contract together: numbers are copied. */
class CompositeOfReferencesTest extends BackendContract {
    @Override
    protected ComputeBackend backend() {
        return new CompositeBackend(new ReferenceBackend(), new ReferenceBackend());
    }
}
