package dev.crust.natlab.node;

import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Scenario;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A connection whose packets vanish without a word is noticed by both sides, and comes back without
 * anybody's doing. The longest heartbeat is 20 s, and it takes two.
 */
@Tag("full")
@NatLab("public ben\nhome anne port-restricted")
final class SilenceTest {

  @ParameterizedTest
  @EnumSource
  @Execution(CONCURRENT)
  void a_silent_cut(Over over, Lab lab, EventLog log) throws Exception {
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode ben = nodes.start("ben", "--transport", over.word());
    CrustNode anne = nodes.start("anne", "--bootstrap", ben.address(), "--transport", over.word());
    anne.awaitConnected(ben);
    anne.say("hello", ben);
    CrustNode.Moment annes = anne.now();
    CrustNode.Moment bens = ben.now();

    lab.happen(Scenario.linkDown("anne"));
    anne.awaitPathGone(ben, annes);
    ben.awaitPathGone(anne, bens);

    annes = anne.now();
    lab.happen(Scenario.linkUp("anne"));
    anne.awaitPathBack(ben, annes);
    anne.say("here again", ben);
  }

  @ParameterizedTest
  @EnumSource
  @Execution(CONCURRENT)
  void a_reboot_of_the_router(Over over, Lab lab, EventLog log) throws Exception {
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode ben = nodes.start("ben", "--transport", over.word());
    CrustNode anne = nodes.start("anne", "--bootstrap", ben.address(), "--transport", over.word());
    anne.awaitConnected(ben);
    anne.say("hello", ben);
    CrustNode.Moment annes = anne.now();

    // It forgets the connection and drops what comes from its middle, so that nobody is told.
    lab.happen(Scenario.reboot("anne"));
    if (over != Over.QUIC) {
      anne.awaitPathGone(ben, annes);
      anne.awaitPathBack(ben, annes);
    }
    // A path of QUIC goes with the address from which its next packet comes.
    anne.say("here again", ben);
    ben.say("so I hear", anne);
  }
}
