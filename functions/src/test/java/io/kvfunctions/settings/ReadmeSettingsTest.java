package io.kvfunctions.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** The README's table of settings, between two marks, against the settings there are. */
class ReadmeSettingsTest {
  private static final String BEGIN = "<!-- settings -->";
  private static final String END = "<!-- /settings -->";

  private record Row(String name, String defaultValue, String meaning) {}

  @Test
  void table_namesEverySettingOnce_withItsDefault() throws IOException {
    List<String> expected = new ArrayList<>();
    // Spring Boot's own, as application.yaml sets them.
    expected.add("server.port = 8080");
    expected.add("management.server.port = 8081");
    Map<String, String> settings =
        new Binder(new MapConfigurationPropertySource())
            .bindOrCreate("kv", KvSettings.class)
            .byName();
    settings.forEach((name, value) -> expected.add(name + " = " + value));

    assertThat(rows().map(row -> row.name() + " = " + row.defaultValue()))
        .containsExactlyElementsOf(expected);
  }

  @Test
  void table_saysWhatEachSettingMeans() throws IOException {
    assertThat(rows())
        .allSatisfy(row -> assertThat(row.meaning()).as(row.name()).hasSizeGreaterThan(10));
    assertThat(rows().filter(row -> row.name().equals("server.port")))
        .singleElement()
        .satisfies(row -> assertThat(row.meaning()).contains("`PORT`"));
  }

  private static Stream<Row> rows() throws IOException {
    String readme = Files.readString(readme());
    assertThat(readme).containsOnlyOnce(BEGIN).containsOnlyOnce(END);
    String table = readme.substring(readme.indexOf(BEGIN) + BEGIN.length(), readme.indexOf(END));
    List<List<String>> cells =
        table
            .lines()
            .filter(line -> line.startsWith("|"))
            .map(line -> Stream.of(line.split("\\|", -1)).map(String::strip).toList())
            .toList();
    assertThat(cells).allSatisfy(row -> assertThat(row).hasSize(5));
    assertThat(cells.getFirst()).containsExactly("", "name", "default", "meaning", "");
    return cells.stream()
        .skip(2) // the head and the rule below it
        .map(row -> new Row(code(row.get(1)), code(row.get(2)), row.get(3)));
  }

  private static String code(String cell) {
    assertThat(cell).matches("`[^`]+`");
    return cell.substring(1, cell.length() - 1);
  }

  /** In the root folder, whether the tests run there or in the module. */
  private static Path readme() {
    Path here = Path.of("README.md");
    return Files.exists(here) ? here : Path.of("..", "README.md");
  }
}
