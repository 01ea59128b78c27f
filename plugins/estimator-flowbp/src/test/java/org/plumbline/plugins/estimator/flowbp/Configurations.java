package org.plumbline.plugins.estimator.flowbp;

import org.plumbline.plugins.estimator.flowbp.FlowBackPropagation.Configuration;
import org.plumbline.plugins.estimator.flowbp.FlowBackPropagation.Variant;
import org.plumbline.toolkit.reward.RewardShaping;

/** Estimators for tests. */
final class Configurations {
    private Configurations() {}

    static FlowBackPropagation flowBp(
            Variant variant, SparseSurrogate sparse, BridgeSurrogate bridge, LagrangeSurrogate lagrange) {
        return new FlowBackPropagation(new Configuration(variant, sparse, bridge, lagrange, RewardShaping.none()));
    }

    static FlowBackPropagation of(SparseSurrogate sparse) {
        return flowBp(Variant.SPARSE, sparse, bridge(), lagrange());
    }

    static FlowBackPropagation of(BridgeSurrogate bridge) {
        return flowBp(Variant.BRIDGE, sparse(), bridge, lagrange());
    }

    static FlowBackPropagation of(LagrangeSurrogate lagrange) {
        return flowBp(Variant.LAGRANGE, sparse(), bridge(), lagrange);
    }

    private static SparseSurrogate sparse() {
        return new SparseSurrogate(4, 1, 0.5);
    }

    private static BridgeSurrogate bridge() {
        return new BridgeSurrogate(5, 4, 0, 0.5);
    }

    private static LagrangeSurrogate lagrange() {
        return new LagrangeSurrogate(3, 2, 0.25, 0, 0.1, 0.2);
    }
}
