package org.plumbline.testkit.problem;

import java.util.Arrays;
import java.util.Objects;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.PredictionType;
import org.plumbline.spi.sampler.SamplerCall;
import org.plumbline.spi.sampler.SamplerProgram;
import org.plumbline.spi.sampler.TimePoint;
import org.plumbline.toolkit.problem.ClosedFormDenoiser;

/**
 * The expected reward of a {@link org.plumbline.toolkit.problem.LinearGaussian} under any sampler program, and its
 * gradient, exactly: no samples, no automatic differentiation.
 *
 * <p>In the axes y = Q^T x the coordinates do not interact. The registers of one coordinate are a Gaussian vector, whose
 * mean m and covariance S every call maps to M m + n and M S M^T + s^2 e_1 e_1^T; with E[R] = offset - factor sum ((e.m -
 * d)^2 + e S e^T) and d = Q^T centre only the derivatives of this recursion with respect to a coordinate's mean and to its
 * log deviation are left to write down.
 */
public final class GaussianTruth {
    private final int dimensions;
    private final double[] axes;
    private final double[] mean;
    private final double[] logStd;
    private final double factor;
    private final double[] centre;

    /**
     * @param gaussian has the weights of a LinearGaussian
     * @param factor of the reward offset - factor |x - centre|^2
     * @param centre of the reward
     */
    GaussianTruth(ClosedFormDenoiser gaussian, double factor, double[] centre) {
        this.dimensions = gaussian.dimensions();
        this.axes = values(gaussian, "axes");
        this.mean = values(gaussian, "mean");
        this.logStd = values(gaussian, "log_std");
        this.factor = factor;
        this.centre = centre.clone();
    }

    private static double[] values(ClosedFormDenoiser gaussian, String name) {
        WeightSource.Weight weight = gaussian.weights().get(name);
        return Objects.requireNonNull(weight, name).values();
    }

    /** The gradient of the expected reward with respect to mean and log deviations, in this order. */
    public double[] gradient(SamplerProgram program) {
        if (!program.transform().identity()) {
            throw new IllegalArgumentException(program.name() + " transforms predictions, so nothing stays Gaussian");
        }
        double[] gradient = new double[2 * dimensions];
        for (int i = 0; i < dimensions; i++) {
            double nu = alongAxis(i, mean);
            Coordinate coordinate = new Coordinate(program, nu, Math.exp(logStd[i]));
            double[] derivative = coordinate.run(alongAxis(i, centre));
            for (int j = 0; j < dimensions; j++) {
                gradient[j] += axes[i * dimensions + j] * derivative[0];
            }
            gradient[dimensions + i] = derivative[1];
        }
        return gradient;
    }

    private double alongAxis(int i, double[] x) {
        double sum = 0;
        for (int j = 0; j < dimensions; j++) {
            sum += axes[i * dimensions + j] * x[j];
        }
        return sum;
    }

    /** The registers of one coordinate, with derivatives: index 0 for its mean nu, 1 for the logarithm of its deviation. */
    private final class Coordinate {
        private final SamplerProgram program;
        private final double nu;
        private final double std;

        Coordinate(SamplerProgram program, double nu, double std) {
            this.program = program;
            this.nu = nu;
            this.std = std;
        }

        /** The derivatives of the reward's part in this coordinate. */
        double[] run(double target) {
            int r = program.registers();
            double[] m = new double[r];
            double[] ofNu = new double[r];
            double[] ofStd = new double[r];
            double[][] s = new double[r][r];
            double[][] sOfStd = new double[r][r];
            s[0][0] = program.initScale() * program.initScale();
            for (SamplerCall call : program.calls()) {
                TimePoint at = call.at();
                // h = ofU u + ofEps eps with eps = g (u - alpha nu).
                PredictionType.Affine to = PredictionType.EPSILON.to(program.wanted(), at.alpha(), at.sigma());
                double spread = at.alpha() * at.alpha() * std * std;
                double variance = spread + at.sigma() * at.sigma();
                double g = at.sigma() / variance;
                double gOfStd = -at.sigma() * 2 * spread / (variance * variance);
                double slope = to.ofInput() + to.ofPrediction() * g;
                double slopeOfStd = to.ofPrediction() * gOfStd;
                double constantOfNu = -to.ofPrediction() * g * at.alpha();
                double constantOfStd = -to.ofPrediction() * gOfStd * at.alpha() * nu;

                double[][] map = new double[r][r];
                double[][] mapOfStd = new double[r][r];
                double[] weight = new double[r];
                for (int a = 0; a < r; a++) {
                    weight[a] = call.ofOutput()[a] + call.ofRaw()[a];
                    for (int b = 0; b < r; b++) {
                        double w = call.inputScale() * call.inputWeights()[b];
                        map[a][b] = call.transition()[a][b] + weight[a] * slope * w;
                        mapOfStd[a][b] = weight[a] * slopeOfStd * w;
                    }
                }
                double[] nextOfNu = sum(times(map, ofNu), scaled(weight, constantOfNu));
                double[] nextOfStd = sum(times(map, ofStd), times(mapOfStd, m), scaled(weight, constantOfStd));
                m = sum(times(map, m), scaled(weight, constantOfNu * nu));
                ofNu = nextOfNu;
                ofStd = nextOfStd;
                double[][] turned = sandwich(mapOfStd, s, map);
                sOfStd = sum(sandwich(map, sOfStd, map), sum(turned, transposed(turned)));
                s = sandwich(map, s, map);
                s[0][0] += call.noise() * call.noise();
            }
            double[] e = program.output();
            double away = dot(e, m) - target;
            return new double[] {
                -factor * 2 * away * dot(e, ofNu), -factor * (2 * away * dot(e, ofStd) + dot(e, times(sOfStd, e)))
            };
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double[] scaled(double[] a, double factor) {
        return Arrays.stream(a).map(value -> factor * value).toArray();
    }

    private static double[] sum(double[]... parts) {
        double[] sum = new double[parts[0].length];
        for (double[] part : parts) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += part[i];
            }
        }
        return sum;
    }

    private static double[][] sum(double[][] a, double[][] b) {
        double[][] sum = new double[a.length][];
        Arrays.setAll(sum, i -> sum(a[i], b[i]));
        return sum;
    }

    private static double[] times(double[][] a, double[] x) {
        double[] product = new double[a.length];
        Arrays.setAll(product, i -> dot(a[i], x));
        return product;
    }

    private static double[][] transposed(double[][] a) {
        double[][] result = new double[a.length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a.length; j++) {
                result[j][i] = a[i][j];
            }
        }
        return result;
    }

    /** A S B^T. */
    private static double[][] sandwich(double[][] a, double[][] s, double[][] b) {
        double[][] result = new double[a.length][a.length];
        for (int i = 0; i < a.length; i++) {
            double[] row = times(transposed(s), a[i]);
            for (int j = 0; j < a.length; j++) {
                result[i][j] = dot(row, b[j]);
            }
        }
        return result;
    }
}
