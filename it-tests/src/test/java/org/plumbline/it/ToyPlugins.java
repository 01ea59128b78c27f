package org.plumbline.it;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.plumbline.kernel.plugin.PluginCatalog;
import org.plumbline.kernel.plugin.PluginDescription;
import org.plumbline.kernel.plugin.PluginProvider;
import org.plumbline.kernel.plugin.PluginRole;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.reward.BlackBoxRewardModel;
import org.plumbline.toolkit.problem.ClosedFormModel;
import org.plumbline.toolkit.problem.ConditionedMlp;
import org.plumbline.toolkit.problem.QuadraticReward;
import org.plumbline.toolkit.schedule.BetaSchedule;
import org.plumbline.toolkit.schedule.DiscreteNoiseSchedule;
import org.plumbline.toolkit.schedule.Precision;

/** A model and rewards in closed form, offered to a host as plugins, so that studies take seconds. */
final class ToyPlugins {
    private ToyPlugins() {}

    static void register(PluginCatalog catalog) {
        ConditionedMlp mlp = ConditionedMlp.standard();
        DiscreteNoiseSchedule schedule = DiscreteNoiseSchedule.ofBetas(
                BetaSchedule.SCALED_LINEAR.betas(1000, 0.00085, 0.012, Precision.FLOAT64), Precision.FLOAT64);
        ModelLoader loader = folder -> ClosedFormModel.of(
                mlp, schedule, List.of("one", "other"), new double[] {0.3, -0.2, 0.5}, new double[] {-0.4, 0.1, 0.2});
        catalog.register(provider("toy.model", PluginRole.MODEL, () -> loader));
        catalog.register(provider("toy.reward", PluginRole.REWARD, () -> QuadraticReward.around(mlp.target())));
        catalog.register(provider("toy.first-pixel", PluginRole.REWARD, FirstPixel::new));
    }

    private static final class FirstPixel implements BlackBoxRewardModel {
        @Override
        public double[] score(org.plumbline.spi.reward.ImageBatch images, List<String> prompts) {
            double[] scores = new double[images.rows()];
            for (int i = 0; i < scores.length; i++) {
                scores[i] = images.pixel(i, 0, 0, 0);
            }
            return scores;
        }

        @Override
        public String unit() {
            return "brightness";
        }
    }

    static PluginProvider provider(String id, PluginRole role, Supplier<?> object) {
        return new PluginProvider() {
            @Override
            public PluginDescription description() {
                return new PluginDescription(id, role, "1.0.0", "toy", "for tests", Plugin.NoSettings.class);
            }

            @Override
            public Object create(Map<String, Object> settings, Path base) {
                return object.get();
            }
        };
    }
}
