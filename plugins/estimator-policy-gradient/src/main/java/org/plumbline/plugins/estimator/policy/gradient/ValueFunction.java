package org.plumbline.plugins.estimator.policy.gradient;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.plumbline.spi.estimator.Chain;
import org.plumbline.spi.estimator.Trajectory;

/**
 * The reward to be expected of a state, V(x_k, k), learned from earlier rollouts, as a baseline for the step that leaves
 * the state (DPOK). Since it knows neither the noise of the step nor anything after it, the gradient stays unbiased; it
 * takes away what the state already decided, which is most of the variance of the last steps.
 *
 * <p>One ridge regression per call, where DPOK trains a network: on a constant, the means of up to sixteen parts of the
 * latent, their squares, the latent's mean square, and the mean reward of the prompt so far. Before the first rollout is
 * over it is zero. What it learned decays with every rollout, since the policy moves.
 *
 * <p>Source: Fan et al.: DPOK: reinforcement learning for fine-tuning text-to-image diffusion models. NeurIPS 2023.
 */
final class ValueFunction implements AdvantageSource {
    private static final String CALL = "value ";
    private static final String PROMPT = "value-prompt ";
    private static final int PARTS = 16;

    private final double decay;
    private final double ridge;
    private final Map<Integer, RidgeRegression> calls = new TreeMap<>();
    /** Sum and number of rewards per prompt. */
    private final Map<String, double[]> prompts = new HashMap<>();

    /**
     * @param decay what is kept of the data per rollout
     * @param ridge penalty, in samples
     */
    ValueFunction(double decay, double ridge) {
        this.decay = decay;
        this.ridge = ridge;
    }

    @Override
    public OfCall advantages(Chain chain, Trajectory sampled, double[] rewards, boolean fresh) {
        return k -> {
            double[] advantages = rewards.clone();
            RidgeRegression regression = calls.get(k);
            if (regression != null) {
                double[][] features = features(chain, sampled, k);
                for (int i = 0; i < advantages.length; i++) {
                    advantages[i] -= regression.predict(features[i]);
                }
            }
            return advantages;
        };
    }

    @Override
    public void learn(Chain chain, Trajectory sampled, double[] rewards) {
        for (int k = 0; k < chain.program().size(); k++) {
            if (chain.program().stochastic(k)) {
                double[][] features = features(chain, sampled, k);
                RidgeRegression regression =
                        calls.computeIfAbsent(k, call -> new RidgeRegression(features[0].length, ridge));
                regression.forget(decay);
                for (int i = 0; i < rewards.length; i++) {
                    regression.add(features[i], rewards[i]);
                }
                regression.fit();
            }
        }
        // After the features, which must not know the rewards they are to predict.
        for (int i = 0; i < rewards.length; i++) {
            double[] known = prompts.computeIfAbsent(chain.prompts().get(i), prompt -> new double[2]);
            known[0] += rewards[i];
            known[1]++;
        }
    }

    private double[][] features(Chain chain, Trajectory sampled, int k) {
        double[] latents = sampled.state(k).toDoubles();
        int rows = chain.rows();
        int size = latents.length / rows;
        int parts = Math.min(PARTS, size);
        double[][] features = new double[rows][3 + 2 * parts];
        for (int row = 0; row < rows; row++) {
            double[] own = features[row];
            double squares = 0;
            for (int part = 0; part < parts; part++) {
                int from = part * size / parts;
                int to = (part + 1) * size / parts;
                double sum = 0;
                for (int i = from; i < to; i++) {
                    double x = latents[row * size + i];
                    sum += x;
                    squares += x * x;
                }
                double mean = sum / (to - from);
                own[part] = mean;
                own[parts + part] = mean * mean;
            }
            own[2 * parts] = squares / size;
            own[2 * parts + 1] = expected(chain.prompts().get(row));
            own[2 * parts + 2] = 1;
        }
        return features;
    }

    private double expected(String prompt) {
        double[] known = prompts.get(prompt);
        return known == null ? 0 : known[0] / known[1];
    }

    @Override
    public Map<String, double[]> memory() {
        Map<String, double[]> memory = new HashMap<>();
        calls.forEach((k, regression) -> memory.put(CALL + k, regression.memory()));
        prompts.forEach((prompt, known) -> memory.put(PROMPT + prompt, known.clone()));
        return memory;
    }

    @Override
    public void recall(Map<String, double[]> memory) {
        calls.clear();
        prompts.clear();
        memory.forEach((name, values) -> {
            if (name.startsWith(PROMPT)) {
                prompts.put(name.substring(PROMPT.length()), values.clone());
            } else if (name.startsWith(CALL)) {
                // n^2 products and n targets.
                int length = (int) Math.round((Math.sqrt(1 + 4.0 * values.length) - 1) / 2);
                RidgeRegression regression = new RidgeRegression(length, ridge);
                regression.recall(values);
                calls.put(Integer.parseInt(name.substring(CALL.length())), regression);
            }
        });
    }
}
