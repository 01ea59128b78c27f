package org.plumbline.plugins.estimator.policy.gradient;

import java.util.EnumSet;
import java.util.Set;
import org.plumbline.plugins.estimator.policy.gradient.Configuration.Baseline;
import org.plumbline.spi.provenance.Citation;

/** The papers behind a configuration. */
enum Source {
    DDPO(
            "black2024ddpo",
            "Black, K., Janner, M., Du, Y., Kostrikov, I., Levine, S.",
            "Training diffusion models with reinforcement learning",
            2024,
            "ICLR"),
    DPOK(
            "fan2023dpok",
            "Fan, Y., Watkins, O., Du, Y., Liu, H., Ryu, M., Boutilier, C., Abbeel, P., Ghavamzadeh, M., Lee, K., Lee, K.",
            "DPOK: reinforcement learning for fine-tuning text-to-image diffusion models",
            2023,
            "NeurIPS"),
    GRPO(
            "shao2024deepseekmath",
            "Shao, Z., Wang, P., Zhu, Q., et al.",
            "DeepSeekMath: pushing the limits of mathematical reasoning in open language models",
            2024,
            "arXiv:2402.03300"),
    FLOW_GRPO(
            "liu2025flowgrpo",
            "Liu, J., Liu, G., Liang, J., Li, Y., Liu, J., Wang, X., Wan, P., Zhang, D., Ouyang, W.",
            "Flow-GRPO: training flow matching models via online RL",
            2025,
            "arXiv:2505.05470"),
    DANCE_GRPO(
            "xue2025dancegrpo",
            "Xue, Z., Wu, J., Gao, Y., Kong, F., Zhu, L., Chen, M., Liu, Z., Liu, W., Guo, Q., Huang, W., Luo, P.",
            "DanceGRPO: unleashing GRPO on visual generation",
            2025,
            "arXiv:2505.07818"),
    MIX_GRPO(
            "li2025mixgrpo",
            "Li, J., Cui, Y., Huang, T., Ma, Y., Fan, C., Yang, M., Zhong, Z.",
            "MixGRPO: unlocking flow-based GRPO efficiency with mixed ODE-SDE",
            2025,
            "arXiv:2507.21802");

    private final Citation citation;

    Source(String key, String authors, String title, int year, String venue) {
        this.citation = new Citation(key, authors, title, year, venue);
    }

    Citation citation() {
        return citation;
    }

    /** DDPO, which made steps actions, and what the preset and the settings add. */
    static Set<Source> of(Preset preset, Method method) {
        Set<Source> sources = EnumSet.of(DDPO);
        if (method.baseline() == Baseline.VALUE
                || method.surrogate().kl() > 0
                || method.surrogate().objective() == Objective.CLAMP) {
            sources.add(DPOK);
        }
        if (method.baseline() == Baseline.GROUP) {
            sources.add(GRPO);
        }
        if (!method.window().none()) {
            sources.add(MIX_GRPO);
        }
        switch (preset) {
            case FLOW_GRPO, FLOW_GRPO_FAST -> sources.add(FLOW_GRPO);
            case DANCE_GRPO -> sources.add(DANCE_GRPO);
            case REINFORCE, DDPO, DPOK, MIX_GRPO -> {}
        }
        return sources;
    }
}
