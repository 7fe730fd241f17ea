package io.kvfunctions.http;

import static org.springframework.web.reactive.function.server.RequestPredicates.methods;
import static org.springframework.web.reactive.function.server.RequestPredicates.path;

import java.io.IOException;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.Resource;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;

/**
 * {@code /openapi.yaml}. As a static resource it would be an {@code application/octet-stream},
 * which browsers save instead of showing it, and would come in ranges and with dates, for the sake
 * of one small file.
 */
@Configuration(proxyBeanMethods = false)
public class OpenApiRoute {

  /** Serves the document as it was packed. */
  @Bean
  RouterFunction<ServerResponse> openApi(@Value("classpath:/static/openapi.yaml") Resource document)
      throws IOException {
    byte[] yaml = document.getContentAsByteArray();
    return RouterFunctions.route(
        methods(HttpMethod.GET, HttpMethod.HEAD).and(path("/openapi.yaml")),
        request -> ServerResponse.ok().contentType(MediaType.APPLICATION_YAML).bodyValue(yaml));
  }
}
