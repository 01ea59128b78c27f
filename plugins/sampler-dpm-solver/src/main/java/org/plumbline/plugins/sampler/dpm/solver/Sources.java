package org.plumbline.plugins.sampler.dpm.solver;

import java.util.List;
import org.plumbline.spi.provenance.Citation;

/** The papers that several of these solvers come from. */
final class Sources {
    static final List<Citation> DPM_SOLVER = List.of(
            new Citation(
                    "lu2022dpmsolver",
                    "Lu, C., Zhou, Y., Bao, F., Chen, J., Li, C., Zhu, J.",
                    "DPM-Solver: a fast ODE solver for diffusion probabilistic model sampling in around 10 steps",
                    2022,
                    "NeurIPS"),
            new Citation(
                    "lu2022dpmsolverpp",
                    "Lu, C., Zhou, Y., Bao, F., Chen, J., Li, C., Zhu, J.",
                    "DPM-Solver++: fast solver for guided sampling of diffusion probabilistic models",
                    2022,
                    "arXiv:2211.01095"));

    private Sources() {}
}
