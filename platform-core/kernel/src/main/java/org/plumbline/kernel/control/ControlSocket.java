package org.plumbline.kernel.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.plumbline.kernel.swap.BackendChoice;
import org.plumbline.spi.error.ErrorKind;
import org.plumbline.spi.error.PlumblineException;
import org.plumbline.spi.error.StandardError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens for requests to a run until it is closed. Thread-safe. */
public final class ControlSocket implements AutoCloseable {
    static final String SUFFIX = ".sock";

    private static final Logger LOG = LoggerFactory.getLogger(ControlSocket.class);
    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");

    private final ObjectMapper json = new ObjectMapper();
    private final AtomicLong connections = new AtomicLong();
    private final Controls controls;
    private final Path file;
    private final ServerSocketChannel server;

    private ControlSocket(Controls controls, Path file, ServerSocketChannel server) {
        this.controls = controls;
        this.file = file;
        this.server = server;
    }

    /**
     * Begins to listen.
     *
     * @param sockets the folder of this user's sockets; made if it is not there
     * @throws IOException if the folder belongs to somebody else, or the system has no such sockets, or the path is too
     *     long for one
     */
    public static ControlSocket open(Path sockets, Controls controls) throws IOException {
        requirePrivate(sockets);
        Path file = sockets.resolve(
                ProcessHandle.current().pid() + "-" + Long.toUnsignedString(System.nanoTime(), 36) + SUFFIX);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(UnixDomainSocketAddress.of(file));
        } catch (IOException | RuntimeException failure) {
            server.close();
            throw failure;
        }
        ControlSocket socket = new ControlSocket(controls, file, server);
        Thread listener = new Thread(socket::listen, "control");
        listener.setDaemon(true);
        listener.start();
        return socket;
    }

    /** Whoever may enter the folder may command the run. */
    private static void requirePrivate(Path sockets) throws IOException {
        Files.createDirectories(sockets.toAbsolutePath().getParent());
        try {
            Files.createDirectory(sockets, PosixFilePermissions.asFileAttribute(PRIVATE));
        } catch (FileAlreadyExistsException there) {
            PosixFileAttributes found =
                    Files.readAttributes(sockets, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            Path probe = Files.createTempFile(sockets, "owner", "");
            boolean mine = Files.getOwner(probe).equals(found.owner());
            Files.delete(probe);
            if (!found.isDirectory() || !mine || !found.permissions().equals(PRIVATE)) {
                throw new IOException(sockets + " is not a folder of this user alone (owner "
                        + found.owner().getName() + ", " + PosixFilePermissions.toString(found.permissions()) + ")");
            }
        }
    }

    private void listen() {
        while (true) {
            try {
                SocketChannel connection = server.accept();
                Thread answer = new Thread(() -> answer(connection), "control-" + connections.incrementAndGet());
                answer.setDaemon(true);
                answer.start();
            } catch (ClosedChannelException closed) {
                return;
            } catch (IOException broken) {
                LOG.warn("the run can no longer be controlled from outside", broken);
                return;
            }
        }
    }

    private void answer(SocketChannel connection) {
        try (connection;
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(Channels.newInputStream(connection), StandardCharsets.UTF_8));
                PrintWriter out = new PrintWriter(
                        new OutputStreamWriter(Channels.newOutputStream(connection), StandardCharsets.UTF_8))) {
            String line = in.readLine();
            if (line == null) {
                return;
            }
            try {
                obey(json.readValue(line, Request.class), out);
                send(out, Map.of("end", 0));
            } catch (JsonProcessingException malformed) {
                send(
                        out,
                        Map.of(
                                "end",
                                ErrorKind.USER.exitCode(),
                                "failure",
                                "not a request: " + malformed.getOriginalMessage()));
            } catch (PlumblineException refusal) {
                send(
                        out,
                        Map.of(
                                "end",
                                refusal.code().kind().exitCode(),
                                "failure",
                                String.valueOf(refusal.getMessage())));
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException defect) {
                LOG.warn("a request to the run failed", defect);
                send(out, Map.of("end", ErrorKind.INTERNAL.exitCode(), "failure", String.valueOf(defect)));
            }
        } catch (IOException | UncheckedIOException gone) {
            LOG.debug("whoever asked is gone", gone);
        }
    }

    /** A request as it comes in. */
    record Request(@Nullable String command, @Nullable Map<String, Object> backend) {}

    private void obey(Request request, PrintWriter out) throws InterruptedException {
        switch (String.valueOf(request.command())) {
            case "status" -> {
                send(out, Map.of("folder", controls.folder()));
                send(out, Map.of("say", controls.status()));
            }
            case "swap" ->
                controls.swap(
                        BackendChoice.of(Objects.requireNonNullElse(request.backend(), Map.of())),
                        line -> send(out, Map.of("say", line)));
            default ->
                throw PlumblineException.of(StandardError.BAD_VALUE)
                        .asked("the command '" + request.command() + "'")
                        .available("status, swap")
                        .build();
        }
    }

    private void send(PrintWriter out, Map<String, Object> line) {
        try {
            out.println(json.writeValueAsString(line));
            out.flush();
        } catch (JsonProcessingException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** Ends to listen. What is being answered is finished. Closing twice is harmless. */
    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            LOG.debug("{} is left behind", file, failure);
        }
    }
}
