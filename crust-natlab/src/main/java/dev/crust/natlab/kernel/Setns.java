package dev.crust.natlab.kernel;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import java.nio.file.Path;

/** Moves threads between network namespaces: setns(2). */
final class Setns {
  private static final int O_RDONLY_CLOEXEC = 0x80000;
  private static final int CLONE_NEWNET = 0x40000000;

  static {
    Native.register(Setns.class, "c");
  }

  private Setns() {}

  private static native int open(String path, int flags) throws LastErrorException;

  private static native int setns(int fd, int type) throws LastErrorException;

  private static native int close(int fd) throws LastErrorException;

  /** Takes the calling thread into a namespace, for the rest of its life. */
  static void enter(Path namespace) {
    try {
      int fd = open(namespace.toString(), O_RDONLY_CLOEXEC);
      try {
        setns(fd, CLONE_NEWNET);
      } finally {
        close(fd);
      }
    } catch (LastErrorException e) {
      throw new LabException("cannot enter " + namespace, e);
    }
  }
}
