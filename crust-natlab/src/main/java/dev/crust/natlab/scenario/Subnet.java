package dev.crust.natlab.scenario;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * A range of addresses.
 *
 * @param network its first address
 * @param bits the length of the prefix
 */
public record Subnet(InetAddress network, int bits) {
  /** Address number {@code n} of the range. */
  public InetAddress address(int n) {
    byte[] bytes = network.getAddress();
    int carry = n;
    for (int i = bytes.length - 1; i >= 0 && carry != 0; i--) {
      carry += bytes[i] & 0xff;
      bytes[i] = (byte) carry;
      carry >>>= 8;
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether an address lies in the range. */
  public boolean contains(InetAddress address) {
    byte[] mine = network.getAddress();
    byte[] other = address.getAddress();
    if (mine.length != other.length) {
      return false;
    }
    for (int bit = 0; bit < bits; bit++) {
      int mask = 0x80 >>> bit % 8;
      if ((mine[bit / 8] & mask) != (other[bit / 8] & mask)) {
        return false;
      }
    }
    return true;
  }

  /** As {@code 192.168.1.0/24}. */
  @Override
  public String toString() {
    return network.getHostAddress() + "/" + bits;
  }
}
