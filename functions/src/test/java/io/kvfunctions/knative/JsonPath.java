package io.kvfunctions.knative;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/**
 * What {@code kubectl -o jsonpath=…} prints, as far as {@code knative/verify} needs it: text, paths
 * with {@code [*]}, {@code [0]} and {@code [?(@.name=="value")]}, and one {@code range}. As there,
 * of what is not there nothing is printed.
 */
final class JsonPath {
  private static final Pattern RANGE =
      Pattern.compile("(.*?)\\{range ([^}]*)}(.*)\\{end}(.*)", Pattern.DOTALL);
  private static final Pattern PART = Pattern.compile("\\{([^}]*)}|[^{]+");
  private static final Pattern STEP =
      Pattern.compile("\\.((?:[^.\\[\\\\]|\\\\.)+)|\\[(\\*|\\d+|\\?\\(@\\.(\\w+)==\"(\\w+)\"\\))]");

  private JsonPath() {}

  static String print(String template, JsonNode object) {
    Matcher range = RANGE.matcher(template);
    if (range.matches()) {
      return print(range.group(1), object)
          + select(range.group(2), object).stream()
              .map(each -> print(range.group(3), each))
              .collect(Collectors.joining())
          + print(range.group(4), object);
    }
    StringBuilder printed = new StringBuilder();
    Matcher part = PART.matcher(template);
    while (part.find()) {
      String path = part.group(1);
      if (path == null) {
        printed.append(part.group());
      } else if (path.startsWith("\"")) {
        printed.append(path.substring(1, path.length() - 1).replace("\\n", "\n"));
      } else {
        printed.append(
            select(path, object).stream()
                .map(each -> each.isValueNode() ? each.asString() : each.toString())
                .collect(Collectors.joining(" ")));
      }
    }
    return printed.toString();
  }

  private static List<JsonNode> select(String path, JsonNode object) {
    List<JsonNode> selected = List.of(object);
    Matcher step = STEP.matcher(path);
    int end = 0;
    while (step.find() && step.start() == end) {
      end = step.end();
      List<JsonNode> next = new ArrayList<>();
      for (JsonNode each : selected) {
        if (step.group(1) != null) {
          next.add(each.path(step.group(1).replace("\\", "")));
        } else if (step.group(3) != null) {
          for (JsonNode element : each) {
            if (element.path(step.group(3)).asString("").equals(step.group(4))) {
              next.add(element);
            }
          }
        } else if (step.group(2).equals("*")) {
          next.addAll(StreamSupport.stream(each.spliterator(), false).toList());
        } else {
          next.add(each.path(Integer.parseInt(step.group(2))));
        }
      }
      selected = next.stream().filter(each -> !each.isMissingNode()).toList();
    }
    if (end != path.length()) {
      throw new IllegalArgumentException(path);
    }
    return selected;
  }
}
