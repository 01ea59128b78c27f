package org.plumbline.plugins.estimator.rlr;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.plumbline.spi.estimator.GradientEstimate;
import org.plumbline.toolkit.statistics.Vectors;

/** The parts of one estimate, each with its weight already applied: their sum, their lengths, the angles between them. */
final class Parts {
    /** Kind of estimator. */
    enum Order {
        FO,
        HO,
        ZO
    }

    private final Map<Order, double[]> parts = new EnumMap<>(Order.class);

    /** Puts a part in. */
    Parts with(Order order, double[] gradient) {
        parts.put(order, gradient);
        return this;
    }

    /** The sum of the parts, with norm-fo and so on and, for every two parts that are not zero, cosine-fo-ho and so on. */
    GradientEstimate estimate(int parameters, double[] rewards) {
        double[] sum = new double[parameters];
        parts.values().forEach(part -> Vectors.addTo(sum, 1, part));
        GradientEstimate estimate = GradientEstimate.of(sum, rewards);
        for (Map.Entry<Order, double[]> part : parts.entrySet()) {
            estimate = estimate.with("norm-" + name(part.getKey()), Vectors.norm(part.getValue()));
            for (Map.Entry<Order, double[]> other : parts.entrySet()) {
                double cosine = Vectors.cosine(part.getValue(), other.getValue());
                if (part.getKey().compareTo(other.getKey()) < 0 && Double.isFinite(cosine)) {
                    estimate = estimate.with("cosine-" + name(part.getKey()) + "-" + name(other.getKey()), cosine);
                }
            }
        }
        return estimate;
    }

    private static String name(Order order) {
        return order.name().toLowerCase(Locale.ROOT);
    }
}
