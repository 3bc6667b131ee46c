package dev.crust.natlab.kernel;

import dev.crust.natlab.scenario.Happening.Block;
import dev.crust.natlab.scenario.Nat;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.List;

/**
 * What a router does at the moment: all that its packet-filter rules follow from.
 *
 * @param name the name of the home or carrier
 * @param nat its behaviour
 * @param outside its outside address
 * @param addressChanges how often that has changed
 * @param blocks what it drops beyond its type
 */
record Router(String name, Nat nat, Inet4Address outside, int addressChanges, List<Block> blocks) {
  Router {
    blocks = List.copyOf(blocks);
  }

  Router withNat(Nat changed) {
    return new Router(name, changed, outside, addressChanges, blocks);
  }

  Router withOutside(Inet4Address changed) {
    return new Router(name, nat, changed, addressChanges + 1, blocks);
  }

  Router withBlock(Block block) {
    List<Block> all = new ArrayList<>(blocks);
    all.add(block);
    return new Router(name, nat, outside, addressChanges, all);
  }

  Router withoutBlocks() {
    return new Router(name, nat, outside, addressChanges, List.of());
  }
}
