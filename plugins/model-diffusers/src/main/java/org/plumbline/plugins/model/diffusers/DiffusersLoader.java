package org.plumbline.plugins.model.diffusers;

import jakarta.inject.Inject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.provenance.Citation;

/** Reads model folders in the layout of diffusers; see the package description. Stateless. */
@Plugin(id = "diffusers", description = "model folders in the layout of the diffusers library")
final class DiffusersLoader implements ModelLoader {
    @Inject
    DiffusersLoader() {}

    @Override
    public DiffusionModel load(Path path) {
        ModelFolder folder = ModelFolder.read(path);
        Optional<Prompting> prompting = Prompting.of(folder);
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            Map<String, StoredWeights> weights = new HashMap<>();
            for (ModelFolder.Component component : folder.components()) {
                StoredWeights stored =
                        StoredWeights.open(path.resolve(component.part()), component.base(), component.weights());
                opened.add(stored);
                weights.put(component.part(), stored);
            }
            return new FolderModel(folder, prompting, weights, opened);
        } catch (RuntimeException e) {
            for (AutoCloseable resource : opened) {
                try {
                    resource.close();
                } catch (Exception closing) {
                    e.addSuppressed(closing);
                }
            }
            throw e;
        }
    }

    @Override
    public UntrainedModel untrained(Path path) {
        return new UntrainedFolderModel(ModelFolder.read(path));
    }

    @Override
    public List<Citation> citations() {
        return List.of(
                new Citation(
                        "ho2020ddpm",
                        "J. Ho, A. Jain, P. Abbeel",
                        "Denoising diffusion probabilistic models",
                        2020,
                        "NeurIPS"),
                new Citation(
                        "rombach2022ldm",
                        "R. Rombach, A. Blattmann, D. Lorenz, P. Esser, B. Ommer",
                        "High-resolution image synthesis with latent diffusion models",
                        2022,
                        "CVPR"),
                new Citation(
                        "radford2021clip",
                        "A. Radford, J. W. Kim, C. Hallacy et al.",
                        "Learning transferable visual models from natural language supervision",
                        2021,
                        "ICML"),
                new Citation(
                        "hu2022lora",
                        "E. J. Hu, Y. Shen, P. Wallis et al.",
                        "LoRA: Low-rank adaptation of large language models",
                        2022,
                        "ICLR"));
    }
}
