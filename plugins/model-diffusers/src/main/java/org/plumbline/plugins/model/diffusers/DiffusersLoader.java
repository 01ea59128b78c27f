package org.plumbline.plugins.model.diffusers;

import jakarta.inject.Inject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.plumbline.spi.graph.WeightSource;
import org.plumbline.spi.model.AdapterForm;
import org.plumbline.spi.model.DiffusionModel;
import org.plumbline.spi.model.FloatType;
import org.plumbline.spi.model.ModelInspection;
import org.plumbline.spi.model.ModelLoader;
import org.plumbline.spi.model.TrainableTarget;
import org.plumbline.spi.model.UntrainedModel;
import org.plumbline.spi.plugin.Plugin;
import org.plumbline.spi.provenance.Citation;
import org.plumbline.toolkit.safetensors.DataType;

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
    public ModelInspection inspect(Path path) {
        return new FolderInspection(path, this::load).make();
    }

    @Override
    public Path convert(Path path, Path adapters, AdapterForm form, Path target) {
        ModelFolder folder = ModelFolder.read(path);
        FolderModel.Denoiser denoiser =
                new FolderModel.Denoiser(folder.denoiserPart(), folder.denoiser(), 0, WeightSource.none());
        LoraWeights weights = LoraWeights.of(
                denoiser,
                new TrainableTarget.StoredLora(adapters, Optional.empty(), Optional.empty(), List.of(), form));
        return weights.save(weights.initial(0), target);
    }

    @Override
    public Path merge(Path path, Path adapters, Path target) {
        new MergedFolder(ModelFolder.read(path), adapters).write(target);
        return target;
    }

    @Override
    public Path random(Path configurations, FloatType type, long seed, Path target) {
        new RandomFolder(configurations, stored(type), seed).write(target);
        return target;
    }

    @Override
    public Path importCheckpoint(Path checkpoint, Path like, Optional<FloatType> type, Path target) {
        new ImportedFolder(checkpoint, ModelFolder.read(like), type.map(DiffusersLoader::stored)).write(target);
        return target;
    }

    private static DataType stored(FloatType type) {
        return switch (type) {
            case FLOAT16 -> DataType.F16;
            case BFLOAT16 -> DataType.BF16;
            case FLOAT32 -> DataType.F32;
        };
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
                        "podell2023sdxl",
                        "D. Podell, Z. English, K. Lacey et al.",
                        "SDXL: Improving latent diffusion models for high-resolution image synthesis",
                        2023,
                        "arXiv"),
                new Citation(
                        "peebles2023dit",
                        "W. Peebles, S. Xie",
                        "Scalable diffusion models with transformers",
                        2023,
                        "ICCV"),
                new Citation(
                        "esser2024sd3",
                        "P. Esser, S. Kulal, A. Blattmann et al.",
                        "Scaling rectified flow transformers for high-resolution image synthesis",
                        2024,
                        "ICML"),
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
