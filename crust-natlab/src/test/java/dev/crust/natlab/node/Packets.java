package dev.crust.natlab.node;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a capture of an Ethernet has of TCP and UDP.
 *
 * @param ways the bytes of each direction of each TCP connection, in order and without gaps
 * @param datagrams all of UDP
 */
record Packets(List<byte[]> ways, List<Datagram> datagrams) {
  /** The payload of one. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Datagram(int from, int to, byte[] payload) {}

  private record Way(List<Byte> ends, int from, int to) {}

  private static final int ETHERNET = 1;
  private static final int FILE_HEADER = 24;
  private static final int IPV4 = 0x0800;
  private static final int IPV6 = 0x86dd;
  private static final int TCP = 6;
  private static final int UDP = 17;

  /**
   * Reads a file of tcpdump's.
   *
   * @throws IOException if it cannot be read, or is none of an Ethernet's
   */
  static Packets read(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    if (in.remaining() < FILE_HEADER
        || in.getInt(0) != 0xa1b2c3d4
        || in.getInt(FILE_HEADER - 4) != ETHERNET) {
      throw new IOException(file + " is no capture of an Ethernet");
    }
    in.position(FILE_HEADER);
    Map<Way, TreeMap<Integer, byte[]>> segments = new LinkedHashMap<>();
    List<Datagram> datagrams = new ArrayList<>();
    while (in.remaining() >= 16) {
      int captured = in.getInt(in.position() + 8);
      in.position(in.position() + 16);
      ByteBuffer frame = in.slice(in.position(), captured).order(ByteOrder.BIG_ENDIAN);
      in.position(in.position() + captured);
      read(frame, segments, datagrams);
    }
    return new Packets(segments.values().stream().map(Packets::joined).toList(), datagrams);
  }

  private static void read(
      ByteBuffer frame, Map<Way, TreeMap<Integer, byte[]>> segments, List<Datagram> datagrams) {
    int type = frame.getShort(12) & 0xffff;
    int ip = 14;
    int protocol;
    int start;
    int end;
    List<Byte> ends = new ArrayList<>();
    if (type == IPV4) {
      protocol = frame.get(ip + 9);
      start = ip + 4 * (frame.get(ip) & 15);
      end = ip + (frame.getShort(ip + 2) & 0xffff);
      add(ends, frame, ip + 12, 8);
    } else if (type == IPV6) {
      protocol = frame.get(ip + 6);
      start = ip + 40;
      end = start + (frame.getShort(ip + 4) & 0xffff);
      add(ends, frame, ip + 8, 32);
    } else {
      return;
    }
    if (protocol != TCP && protocol != UDP) {
      return;
    }
    int from = frame.getShort(start) & 0xffff;
    int to = frame.getShort(start + 2) & 0xffff;
    int payload = start + (protocol == UDP ? 8 : 4 * (frame.get(start + 12) >> 4 & 15));
    byte[] bytes = new byte[end - payload];
    frame.get(payload, bytes);
    if (protocol == UDP) {
      datagrams.add(new Datagram(from, to, bytes));
    } else if (bytes.length > 0) {
      TreeMap<Integer, byte[]> way =
          segments.computeIfAbsent(new Way(ends, from, to), it -> new TreeMap<>());
      // Relative to the first, so that it may wrap around.
      int number = frame.getInt(start + 4);
      way.merge(number, bytes, (one, other) -> one.length >= other.length ? one : other);
    }
  }

  private static void add(List<Byte> to, ByteBuffer frame, int at, int length) {
    for (int i = 0; i < length; i++) {
      to.add(frame.get(at + i));
    }
  }

  private static byte[] joined(TreeMap<Integer, byte[]> segments) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    int next = segments.firstKey();
    for (Map.Entry<Integer, byte[]> each : segments.entrySet()) {
      int known = next - each.getKey();
      byte[] bytes = each.getValue();
      if (known < 0) {
        throw new IllegalStateException("a gap of " + -known + " bytes");
      }
      if (known < bytes.length) {
        all.writeBytes(Arrays.copyOfRange(bytes, known, bytes.length));
        next = each.getKey() + bytes.length;
      }
    }
    return all.toByteArray();
  }
}
