package dev.crust.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** What this process has used of the processors, in all its threads. */
final class Cpu {
  private Cpu() {}

  /** In nanoseconds since the process began; grows in steps of up to 10 ms. */
  static long nanos() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }
}
