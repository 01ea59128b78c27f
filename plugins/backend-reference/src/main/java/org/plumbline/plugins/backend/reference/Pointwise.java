package org.plumbline.plugins.backend.reference;

/** A real function and its derivative. */
interface Pointwise {
    /** f(x). */
    double value(double x);

    /** f'(x), given also y = f(x). */
    double slope(double x, double y);

    /** The functions without parameters. */
    enum Function implements Pointwise {
        EXP {
            @Override
            public double value(double x) {
                return Math.exp(x);
            }

            @Override
            public double slope(double x, double y) {
                return y;
            }
        },
        LOG {
            @Override
            public double value(double x) {
                return Math.log(x);
            }

            @Override
            public double slope(double x, double y) {
                return 1 / x;
            }
        },
        SQRT {
            @Override
            public double value(double x) {
                return Math.sqrt(x);
            }

            @Override
            public double slope(double x, double y) {
                return 0.5 / y;
            }
        },
        SIN {
            @Override
            public double value(double x) {
                return Math.sin(x);
            }

            @Override
            public double slope(double x, double y) {
                return Math.cos(x);
            }
        },
        COS {
            @Override
            public double value(double x) {
                return Math.cos(x);
            }

            @Override
            public double slope(double x, double y) {
                return -Math.sin(x);
            }
        },
        TANH {
            @Override
            public double value(double x) {
                return HyperbolicTangent.of(x);
            }

            @Override
            public double slope(double x, double y) {
                return 1 - y * y;
            }
        },
        SIGMOID {
            @Override
            public double value(double x) {
                return 1 / (1 + Math.exp(-x));
            }

            @Override
            public double slope(double x, double y) {
                return y * (1 - y);
            }
        },
        RELU {
            @Override
            public double value(double x) {
                return x < 0 ? 0 : x; // passes NaN on
            }

            @Override
            public double slope(double x, double y) {
                return x > 0 ? 1 : 0;
            }
        },
        ERF {
            @Override
            public double value(double x) {
                return NormalDistribution.errorFunction(x);
            }

            @Override
            public double slope(double x, double y) {
                return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x);
            }
        },
        GELU {
            @Override
            public double value(double x) {
                return x * NormalDistribution.cumulative(x);
            }

            @Override
            public double slope(double x, double y) {
                return NormalDistribution.cumulative(x) + x * NormalDistribution.density(x);
            }
        }
    }

    /** Limits to [low, high]. */
    record Clamp(double low, double high) implements Pointwise {
        @Override
        public double value(double x) {
            return Math.min(high, Math.max(low, x));
        }

        @Override
        public double slope(double x, double y) {
            return x >= low && x <= high ? 1 : 0;
        }
    }
}
