/**
 * The command line: starts the framework on the ground floor, and hands a started {@link org.plumbline.launcher.Host} to
 * the command that the user asked for.
 *
 * <p>A new command is one class: a picocli {@code @Command} with its options that implements
 * {@link org.plumbline.launcher.HostedCommand}, added to the list in {@link org.plumbline.launcher.Main}. It gets all it
 * works with as an {@link org.plumbline.launcher.Invocation}, says how far it is to the invocation's progress, asks the
 * invocation's interruption at every step boundary, and throws
 * {@link org.plumbline.spi.error.PlumblineException}: the message is printed for it and the kind of the error becomes the
 * exit code.
 *
 * <pre>{@code
 * @Command(name = "train", description = "Fine-tunes a model as a file says.")
 * final class TrainCommand implements HostedCommand {
 *     @Parameters(paramLabel = "FILE", description = "what to train, in YAML")
 *     private Path file;
 *
 *     @Override
 *     public int run(Invocation invocation) {
 *         ...
 *         return 0;
 *     }
 * }
 * }</pre>
 *
 * <p>A command that only talks to a job in another process is a {@link org.plumbline.launcher.LocalCommand}; no host is
 * started for it.
 *
 * <p>Results go to the invocation's {@code out}; everything else, progress included, goes to the error stream, so that
 * the output of {@code --json} can be piped.
 */
@NullMarked
package org.plumbline.launcher;

import org.jspecify.annotations.NullMarked;
