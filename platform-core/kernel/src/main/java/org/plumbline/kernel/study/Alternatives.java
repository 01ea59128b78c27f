package org.plumbline.kernel.study;

import java.util.List;
import org.plumbline.spi.backend.Capability;
import org.plumbline.spi.estimator.ChainProfile;

/** What could take the place of a part that does not fit: the nearest first, as a user would write it. */
interface Alternatives {
    /** Where nothing is known of what is installed. */
    Alternatives UNKNOWN = new Alternatives() {
        @Override
        public List<String> estimators(ChainProfile profile) {
            return List.of();
        }

        @Override
        public List<String> backends(Capability capability) {
            return List.of();
        }

        @Override
        public List<String> rewards() {
            return List.of();
        }

        @Override
        public List<String> samplers(ChainProfile profile) {
            return List.of();
        }
    };

    /** Estimators that can work on a chain. */
    List<String> estimators(ChainProfile profile);

    /** Backends with a capability. */
    List<String> backends(Capability capability);

    /** Rewards that have a gradient. */
    List<String> rewards();

    /** Samplers with which the estimator that was asked for can work, everything else being as it is. */
    List<String> samplers(ChainProfile profile);
}
