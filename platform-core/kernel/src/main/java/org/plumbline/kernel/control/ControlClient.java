package org.plumbline.kernel.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;

/** Talks to the runs of this user. Thread-safe. */
public final class ControlClient {
    private final ObjectMapper json = new ObjectMapper();
    private final Path sockets;

    /**
     * @param sockets the folder of this user's sockets
     */
    public ControlClient(Path sockets) {
        this.sockets = sockets;
    }

    /**
     * A run that answers.
     *
     * @param folder of the run, absolute
     * @param status a few lines for people
     */
    public record Run(String folder, String status, Path socket) {}

    /** The runs that answer now. What a run that was killed has left behind is removed. */
    public List<Run> runs() {
        List<Run> runs = new ArrayList<>();
        if (!Files.isDirectory(sockets)) {
            return runs;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(sockets, "*" + ControlSocket.SUFFIX)) {
            for (Path socket : files) {
                ask(socket).ifPresent(runs::add);
            }
        } catch (IOException unreadable) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("the folder of running jobs, " + sockets + ", cannot be read: " + unreadable.getMessage())
                    .cause(unreadable)
                    .build();
        }
        runs.sort((a, b) -> a.folder().compareTo(b.folder()));
        return runs;
    }

    private Optional<Run> ask(Path socket) throws IOException {
        String[] folder = {""};
        List<String> status = new ArrayList<>();
        try {
            request(socket, Map.of("command", "status"), answer -> {
                folder[0] = answer.path("folder").asText(folder[0]);
                if (answer.has("say")) {
                    status.add(answer.path("say").asText());
                }
            });
            return Optional.of(new Run(folder[0], String.join("\n", status), socket));
        } catch (IOException nobodyListens) {
            if (!alive(socket)) {
                Files.deleteIfExists(socket);
            }
            return Optional.empty();
        }
    }

    /** True if the process that made a socket is still there. */
    private static boolean alive(Path socket) {
        String pid = String.valueOf(socket.getFileName()).replaceFirst("-.*", "");
        return pid.matches("\\d+") && ProcessHandle.of(Long.parseLong(pid)).isPresent();
    }

    /**
     * Orders another backend and waits until the run has gone over.
     *
     * @param say takes what the run says meanwhile
     * @return the exit code; 0 if it went over
     */
    public int swap(Run run, BackendChoice choice, Consumer<String> say) {
        int[] code = {StandardError.INTERNAL.kind().exitCode()};
        try {
            request(run.socket(), Map.of("command", "swap", "backend", choice.section()), answer -> {
                if (answer.has("say")) {
                    say.accept(answer.path("say").asText());
                }
                if (answer.has("failure")) {
                    say.accept(answer.path("failure").asText());
                }
                if (answer.has("end")) {
                    code[0] = answer.path("end").asInt();
                }
            });
            return code[0];
        } catch (IOException gone) {
            throw PlumblineException.of(StandardError.MISSING_FILE)
                    .asked("the run in " + run.folder() + " no longer answers: " + gone.getMessage())
                    .remedy("'plumbline backend status' lists the runs that do")
                    .cause(gone)
                    .build();
        }
    }

    private void request(Path socket, Map<String, Object> request, Consumer<JsonNode> answers) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8))) {
            ByteBuffer line = StandardCharsets.UTF_8.encode(json.writeValueAsString(request) + "\n");
            while (line.hasRemaining()) {
                channel.write(line);
            }
            for (String answer = in.readLine(); answer != null; answer = in.readLine()) {
                JsonNode parsed = json.readTree(answer);
                answers.accept(parsed);
                if (parsed.has("end")) {
                    return;
                }
            }
            throw new IOException("it ended in the middle of its answer");
        }
    }
}
