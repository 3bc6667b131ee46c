package dev.crust.io;

import dev.crust.IdentityInUseException;
import dev.crust.KeyFileException;
import dev.crust.proto.identity.Ed25519;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;

/**
 * The file that holds an identity's secret: PKCS#8 (RFC 8410) in PEM, mode 0600. Runs on whatever
 * thread calls it; thread-safe.
 */
public final class KeyFile {
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";

  /** What precedes the seed in the DER of an Ed25519 private key (RFC 8410 §7). */
  private static final byte[] PKCS8_PREFIX = {
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20
  };

  /** Far above any key; what is larger is none. */
  private static final int MAX_SIZE = 4096;

  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  /**
   * The lock files that this process holds. Process-wide on purpose: POSIX drops all locks of a
   * process on a file when it closes any descriptor of it, so a second attempt here must not even
   * open the file.
   */
  private static final Set<Path> HELD = new HashSet<>();

  private KeyFile() {}

  /**
   * The seed in the file; a new one, written to it, if the file is absent.
   *
   * @throws KeyFileException if the file is not acceptable
   */
  public static byte[] readOrCreate(Path file) throws IOException {
    try {
      return read(file);
    } catch (NoSuchFileException absent) {
      try {
        return create(file);
      } catch (FileAlreadyExistsException createdMeanwhile) {
        return read(file);
      }
    }
  }

  /**
   * Claims the identity of this file until the result is closed or the process ends, however it
   * ends.
   *
   * @throws IdentityInUseException if it is claimed already
   */
  public static Closeable lock(Path file) throws IOException {
    Path absolute = file.toAbsolutePath().normalize();
    Path lockFile = absolute.resolveSibling(absolute.getFileName() + ".lock");
    synchronized (HELD) {
      if (HELD.contains(lockFile)) {
        throw inUse(file);
      }
      FileChannel channel =
          FileChannel.open(
              lockFile,
              EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
              attributes(file));
      try {
        if (channel.tryLock() == null) {
          throw inUse(file);
        }
      } catch (IOException e) {
        channel.close();
        throw e;
      }
      HELD.add(lockFile);
      return () -> {
        synchronized (HELD) {
          channel.close();
          HELD.remove(lockFile);
        }
      };
    }
  }

  private static IdentityInUseException inUse(Path file) {
    return new IdentityInUseException(
        "the identity in '" + file + "' is in use by another endpoint that is running");
  }

  private static byte[] read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new KeyFileException("the key file '" + file + "' is a directory");
    }
    if (posix(file)) {
      Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
      permissions.addAll(Files.getPosixFilePermissions(file));
      permissions.removeAll(OWNER_ONLY);
      permissions.remove(PosixFilePermission.OWNER_EXECUTE);
      if (!permissions.isEmpty()) {
        throw new KeyFileException(
            "the key file '" + file + "' is open to others than its owner (chmod 600 closes it)");
      }
    }
    if (Files.size(file) > MAX_SIZE) {
      throw new KeyFileException("the key file '" + file + "' is too large to be a key");
    }
    return decode(file, new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
  }

  private static byte[] decode(Path file, String pem) throws KeyFileException {
    int begin = pem.indexOf(BEGIN);
    if (begin < 0) {
      throw new KeyFileException(
          "the key file '" + file + "' is no private key in PEM: it lacks '" + BEGIN + "'");
    }
    int end = pem.indexOf(END, begin);
    if (end < 0) {
      throw new KeyFileException(
          "the key file '" + file + "' is truncated: it lacks '" + END + "'");
    }
    byte[] der;
    try {
      der = Base64.getMimeDecoder().decode(pem.substring(begin + BEGIN.length(), end).strip());
    } catch (IllegalArgumentException e) {
      throw new KeyFileException("the key file '" + file + "' is damaged: " + e.getMessage());
    }
    int seedAt = PKCS8_PREFIX.length;
    if (der.length < seedAt || !Arrays.equals(der, 0, seedAt, PKCS8_PREFIX, 0, seedAt)) {
      throw new KeyFileException("the key in file '" + file + "' is not an Ed25519 private key");
    }
    if (der.length != seedAt + Ed25519.SEED_LENGTH) {
      throw new KeyFileException("the key file '" + file + "' is truncated or damaged");
    }
    return Arrays.copyOfRange(der, seedAt, der.length);
  }

  /** Written aside and linked into place, so that nobody ever sees half a key. */
  private static byte[] create(Path file) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    byte[] seed = new byte[Ed25519.SEED_LENGTH];
    new SecureRandom().nextBytes(seed);
    byte[] der = Arrays.copyOf(PKCS8_PREFIX, PKCS8_PREFIX.length + seed.length);
    System.arraycopy(seed, 0, der, PKCS8_PREFIX.length, seed.length);
    String pem = BEGIN + "\n" + Base64.getEncoder().encodeToString(der) + "\n" + END + "\n";
    Path aside = Files.createTempFile(directory, ".identity", ".tmp", attributes(file));
    try {
      Files.writeString(aside, pem, StandardCharsets.US_ASCII);
      Files.createLink(file, aside);
    } finally {
      Files.delete(aside);
    }
    return seed;
  }

  private static boolean posix(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  private static FileAttribute<?>[] attributes(Path file) {
    return posix(file)
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
        : new FileAttribute<?>[0];
  }
}
