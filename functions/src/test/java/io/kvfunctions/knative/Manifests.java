package io.kvfunctions.knative;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.fabric8.knative.eventing.v1.Broker;
import io.fabric8.knative.eventing.v1.Trigger;
import io.fabric8.knative.sources.v1.KafkaSource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * What stands in {@code knative/}, built by Kustomize and read into the types of Knative and
 * Kubernetes. Strictly: a kind that is not expected, a field that the type has not, or a number
 * where a text belongs, is an error, as it would be to a cluster.
 */
final class Manifests {
  /** The folder, as seen from the module, where tests run. */
  static final Path FOLDER = Path.of("..", "knative");

  private static final Map<String, Class<? extends HasMetadata>> KINDS =
      Map.of(
          "v1 Secret", Secret.class,
          "v1 Service", Service.class,
          "v1 ServiceAccount", ServiceAccount.class,
          "apps/v1 Deployment", Deployment.class,
          "networking.k8s.io/v1 NetworkPolicy", NetworkPolicy.class,
          "policy/v1 PodDisruptionBudget", PodDisruptionBudget.class,
          "serving.knative.dev/v1 Service", io.fabric8.knative.serving.v1.Service.class,
          "eventing.knative.dev/v1 Broker", Broker.class,
          "eventing.knative.dev/v1 Trigger", Trigger.class,
          "sources.knative.dev/v1 KafkaSource", KafkaSource.class);

  private static final ObjectMapper STRICT = strict();

  private Manifests() {}

  private static ObjectMapper strict() {
    JsonMapper mapper =
        JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            // The models would take what they do not know as "additional properties".
            .annotationIntrospector(
                new JacksonAnnotationIntrospector() {
                  private static final long serialVersionUID = 1;

                  @Override
                  public Boolean hasAnySetter(Annotated annotated) {
                    return false;
                  }
                })
            .build();
    for (CoercionInputShape shape :
        List.of(CoercionInputShape.Boolean, CoercionInputShape.Integer, CoercionInputShape.Float)) {
      mapper.coercionConfigFor(LogicalType.Textual).setCoercion(shape, CoercionAction.Fail);
    }
    return mapper;
  }

  /** What {@code kubectl apply -k} would send of a folder. */
  static String build(Path folder) throws IOException, InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder("kubectl", "kustomize", folder.toString()).start();
    } catch (IOException absent) {
      // .ci/run asks for it: what is taken has been through this.
      assumeTrue(false, "there is no kubectl to build knative/ with");
      throw absent;
    }
    process.getOutputStream().close();
    try (InputStream out = process.getInputStream();
        InputStream err = process.getErrorStream()) {
      String built = new String(out.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      String said = new String(err.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      if (process.waitFor() != 0 || !said.isEmpty()) { // it warns of what is out of date
        throw new IllegalStateException("kubectl kustomize " + folder + ": " + said);
      }
      return built;
    }
  }

  static Path overlay(String name) {
    return FOLDER.resolve("overlays").resolve(name);
  }

  /** The objects of an overlay. */
  static List<HasMetadata> of(String overlay) throws IOException, InterruptedException {
    return read(build(overlay(overlay)));
  }

  /** A copy of the whole folder, to change something in. */
  static Path copy(Path to) throws IOException {
    try (Stream<Path> files = Files.walk(FOLDER)) {
      for (Path file : files.toList()) {
        Path copied = to.resolve(FOLDER.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copied);
        } else {
          Files.copy(file, copied);
        }
      }
    }
    return to;
  }

  static List<JsonNode> parse(String yaml) {
    try (MappingIterator<JsonNode> documents =
        YAMLMapper.shared().readerFor(JsonNode.class).readValues(yaml)) {
      return documents.readAll();
    }
  }

  /** Objects, each a document of its own. */
  static List<HasMetadata> read(String yaml) throws IOException {
    List<HasMetadata> objects = new ArrayList<>();
    for (JsonNode document : parse(yaml)) {
      String kind = document.path("apiVersion").asString() + " " + document.path("kind").asString();
      Class<? extends HasMetadata> type = KINDS.get(kind);
      if (type == null) {
        throw new IllegalArgumentException("an object of kind " + kind);
      }
      try {
        objects.add(STRICT.readValue(document.toString(), type));
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException(kind + ": " + e.getOriginalMessage(), e);
      }
    }
    return objects;
  }

  /** The one of this type and name. */
  static <T extends HasMetadata> T one(List<HasMetadata> objects, Class<T> type, String name) {
    List<T> found =
        all(objects, type).stream()
            .filter(each -> each.getMetadata().getName().equals(name))
            .toList();
    if (found.size() != 1) {
      throw new AssertionError(found.size() + " of " + type.getName() + " " + name);
    }
    return found.getFirst();
  }

  static <T extends HasMetadata> List<T> all(List<HasMetadata> objects, Class<T> type) {
    return objects.stream().filter(type::isInstance).map(type::cast).toList();
  }
}
