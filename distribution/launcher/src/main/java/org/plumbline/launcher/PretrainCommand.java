package org.plumbline.launcher;

import java.nio.file.Path;
import java.util.List;
import org.plumbline.kernel.plugin.Places;
import org.plumbline.kernel.pretrain.Pretrain;
import org.plumbline.kernel.pretrain.PretrainFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code plumbline pretrain}: trains a model or a classifier from its configurations and a dataset. */
@Command(
        name = "pretrain",
        description =
                "Pre-trains a model, or a classifier, on a dataset. A run that was stopped goes on where it was when"
                        + " the same command is given again.")
final class PretrainCommand implements HostedCommand {
    @Parameters(paramLabel = "FILE", description = "What to train (YAML), for example models/digits/pretrain.yaml.")
    private Path file = Path.of("");

    @Override
    public int run(Invocation invocation) {
        Path found = invocation.find(file);
        Path beside = found.toAbsolutePath().getParent();
        Places places = new Places(
                beside == null
                        ? List.of(Path.of(""), invocation.host().home())
                        : List.of(beside, Path.of(""), invocation.host().home()));
        Path trained = new Pretrain(invocation.host().catalog(), places::resolve)
                .run(PretrainFile.read(found), invocation.progress(), invocation.interruption());
        invocation.out().println("Trained: " + trained.toAbsolutePath().normalize());
        return 0;
    }
}
