package dev.crust.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;

/** Figures for machines: a JSON object a line. */
final class JsonLines implements Report {
  private static final JsonFactory JSON = new JsonFactory();

  private final PrintWriter out;

  JsonLines(PrintWriter out) {
    this.out = out;
  }

  private interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  private void line(Body body) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      body.write(json);
      json.writeEndObject();
    }
    out.println(text);
    out.flush();
  }

  @Override
  public void begin(String machine) throws IOException {
    line(json -> json.writeStringField("machine", machine));
  }

  @Override
  public void figure(Figure figure) throws IOException {
    line(
        json -> {
          json.writeStringField("figure", figure.name());
          json.writeStringField("unit", figure.unit());
          if (figure.bare().isPresent()) {
            samples(json, "bare", figure.bare().get());
          }
          samples(json, "crust", figure.crust());
          if (figure.ratio().isPresent()) {
            json.writeNumberField("ratio", figure.ratio().getAsDouble());
          }
          Optional<Target> target = figure.target();
          if (target.isPresent()) {
            json.writeStringField("target", target.get().toString());
            json.writeBooleanField("met", target.get().met(figure));
          }
        });
  }

  private static void samples(JsonGenerator json, String name, Samples samples) throws IOException {
    json.writeObjectFieldStart(name);
    json.writeNumberField("median", samples.median());
    json.writeNumberField("min", samples.min());
    json.writeNumberField("max", samples.max());
    json.writeNumberField("rounds", samples.values().size());
    json.writeEndObject();
  }

  @Override
  public void failed(String measurement, String sentence) throws IOException {
    line(
        json -> {
          json.writeStringField("notMeasured", measurement);
          json.writeStringField("because", sentence);
        });
  }
}
