package dev.crust.cli;

import dev.crust.PeerStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * Standard output that carries a stream. In text it holds the stream's bytes and nothing else, and
 * notices go to standard error; in JSON the bytes are events among the others.
 *
 * @param notices where notices go
 * @param json whether bytes go there, too
 * @param out where they go otherwise
 */
record Stdout(Output notices, boolean json, OutputStream out) {
  static Stdout of(OutputOptions options, Streams streams) {
    return new Stdout(
        options.json() ? options.output(streams) : options.errorOutput(streams),
        options.json(),
        streams.out());
  }

  /** Where the bytes of this stream go. */
  ByteSink sink(PeerStream stream) {
    if (!json) {
      return ByteSink.raw(out);
    }
    return (bytes, length) ->
        notices.write(
            new Notice.Data(
                stream.connection().peer(), stream.id(), ByteBuffer.wrap(bytes, 0, length)));
  }
}
