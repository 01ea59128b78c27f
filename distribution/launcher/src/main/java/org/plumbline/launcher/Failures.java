package org.plumbline.launcher;

import java.io.PrintWriter;
import org.plumbline.spi.error.ErrorKind;
import org.plumbline.spi.error.PlumblineException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells the user what went wrong, and the shell by the exit code. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
    private final Main main;

    Failures(Main main) {
        this.main = main;
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine commandLine, ParseResult parsed) {
        PrintWriter err = commandLine.getErr();
        ErrorKind kind = ErrorKind.INTERNAL;
        if (failure instanceof PlumblineException clear) {
            kind = clear.code().kind();
            err.println("plumbline: "
                    + String.valueOf(clear.getMessage())
                            .replace("; available: ", "\n  available: ")
                            .replace("; to do: ", "\n  to do: "));
        } else {
            err.println("plumbline: this should not happen: " + failure);
            err.println("  to do: run it again with --debug and report what it prints");
        }
        if (main.debug()) {
            failure.printStackTrace(err);
        }
        return kind.exitCode();
    }

    @Override
    public int handleParseException(ParameterException failure, String[] arguments) {
        CommandLine commandLine = failure.getCommandLine();
        PrintWriter err = commandLine.getErr();
        err.println("plumbline: " + failure.getMessage());
        if (!UnmatchedArgumentException.printSuggestions(failure, err)) {
            err.println("  to do: '" + commandLine.getCommandSpec().qualifiedName() + " --help' lists what there is");
        }
        return ErrorKind.USER.exitCode();
    }
}
