package io.kvfunctions.http;

import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * One case of {@code test-data/}: a sequence of requests and the exact answer of each.
 *
 * @param file where it stands, below {@code test-data/}
 * @param name what it shows
 * @param settings what the server must have been started with
 * @param definition its steps, in the format that {@code test-data/README.md} describes
 */
record ContractCase(String file, String name, Map<String, String> settings, JsonNode definition) {}
