package org.plumbline.toolkit.sampler;

/** The explicit Runge-Kutta methods, by their coefficients. */
public enum ButcherTableau {
    /** First order, one stage. In the rho domain it is DDIM with eta 0. */
    EULER(new double[][] {{}}, new double[] {1}, new double[] {0}),
    /** Second order, two stages: the slope of the middle. */
    MIDPOINT(new double[][] {{}, {0.5}}, new double[] {0, 1}, new double[] {0, 0.5}),
    /** Second order, two stages: the mean of the slopes of both ends. */
    HEUN(new double[][] {{}, {1}}, new double[] {0.5, 0.5}, new double[] {0, 1}),
    /** Fourth order, four stages: the classical method. */
    RK4(
            new double[][] {{}, {0.5}, {0, 0.5}, {0, 0, 1}},
            new double[] {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6},
            new double[] {0, 0.5, 0.5, 1}),
    /** Fourth order, four stages: Kutta's three-eighths rule. */
    THREE_EIGHTHS(
            new double[][] {{}, {1.0 / 3}, {-1.0 / 3, 1}, {1, -1, 1}},
            new double[] {1.0 / 8, 3.0 / 8, 3.0 / 8, 1.0 / 8},
            new double[] {0, 1.0 / 3, 2.0 / 3, 1});

    private final double[][] a;
    private final double[] b;
    private final double[] c;

    ButcherTableau(double[][] a, double[] b, double[] c) {
        this.a = a;
        this.b = b;
        this.c = c;
    }

    /** The number of stages. */
    public int stages() {
        return b.length;
    }

    /** Weight of the slope of stage j in the input of stage i, j &lt; i. */
    public double a(int i, int j) {
        return a[i][j];
    }

    /** Weight of the slope of stage i in the step. */
    public double b(int i) {
        return b[i];
    }

    /** Where in the step stage i lies, in [0, 1]. */
    public double c(int i) {
        return c[i];
    }
}
