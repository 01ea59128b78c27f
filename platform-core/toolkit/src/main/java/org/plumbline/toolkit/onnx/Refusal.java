package org.plumbline.toolkit.onnx;

/** Why a node cannot be expressed by our operations; the interpreter adds which node. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final String why;

    Refusal(String why) {
        super(why);
        this.why = why;
    }

    String why() {
        return why;
    }
}
