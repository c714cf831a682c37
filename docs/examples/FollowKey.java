import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Keeps a key credential up to date while the key rotates, and reports to the rotator which version it uses.
 * Only the JDK, 17 or newer. In your app: {@code new FollowKey(credential::update).run()} in a thread of its own, with
 * an {@code AzureNamedKeyCredential}. {@code java FollowKey.java once} tries it once.
 */
public final class FollowKey implements Runnable {
    private record Held(String version, String key) {}

    private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final BiConsumer<String, String> update;
    private Held held;
    private Instant readAt = Instant.MIN;

    public FollowKey(BiConsumer<String, String> update) {
        this.update = update;
    }

    public static void main(String[] args) throws Exception {
        var follow = new FollowKey((account, key) -> System.out.println("uses another key of " + account));
        if (args.length > 0) System.exit(follow.turn() ? 0 : 1);
        follow.run();
    }

    /** A turn each minute. The vault is read every five minutes, or at once where Batch refuses the key. */
    @Override
    public void run() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                turn();
            } catch (Exception problem) {
                System.err.println("the key is not followed: " + problem.getClass().getSimpleName());
            }
            try {
                Thread.sleep(Duration.ofMinutes(1).toMillis());
            } catch (InterruptedException ended) {
                return;
            }
        }
    }

    /** Whether the rotator has accepted a report. A new key is used only when Batch accepts it. */
    private boolean turn() throws Exception {
        boolean healthy = held != null && accepts(held);
        if (!healthy || readAt.isBefore(Instant.now().minus(5, ChronoUnit.MINUTES))) {
            readAt = Instant.now();
            var newest = newest();
            if (!newest.equals(held) && (held == null || accepts(newest))) {
                held = newest;
                update.accept(env("BATCH_ACCOUNT"), held.key());
                // Calls that carry the key before must have ended before the new version is reported.
                healthy = accepts(held);
            }
        }
        return report(healthy);
    }

    private Held newest() throws Exception {
        var url = env("VAULT_URL") + "/secrets/" + env("SECRET_NAME") + "?api-version=7.4";
        var body = send(HttpRequest.newBuilder(URI.create(url)).header("authorization", "Bearer " + token()));
        var id = member(body, "id");
        return new Held(id.substring(id.lastIndexOf('/') + 1), member(body, "value"));
    }

    /** A token of the managed identity of App Service or Functions, or otherwise of the virtual machine. */
    private String token() throws Exception {
        var resource = "resource=https%3A%2F%2Fvault.azure.net";
        var endpoint = System.getenv("IDENTITY_ENDPOINT");
        if (endpoint != null) {
            var url = URI.create(endpoint + "?api-version=2019-08-01&" + resource);
            var request = HttpRequest.newBuilder(url).header("x-identity-header", env("IDENTITY_HEADER"));
            return member(send(request), "access_token");
        }
        var url = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&" + resource;
        return member(send(HttpRequest.newBuilder(URI.create(url)).header("metadata", "true")), "access_token");
    }

    /** One signed call. Replace it with a check that your app works with this key. */
    private boolean accepts(Held one) throws Exception {
        var account = env("BATCH_ACCOUNT");
        var date = DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC));
        var query = "\n$select:id\napi-version:2022-10-01.16.0\nmaxresults:1";
        var text = "GET" + "\n".repeat(12) + "ocp-date:" + date + "\n/" + account + "/pools" + query;
        var url = "https://" + env("BATCH_ENDPOINT") + "/pools?$select=id&api-version=2022-10-01.16.0&maxresults=1";
        // HttpClient before Java 19 adds a content-length to GET, which is signed as well.
        var call = (HttpURLConnection) URI.create(url).toURL().openConnection();
        call.setConnectTimeout(10_000);
        call.setReadTimeout(10_000);
        call.setRequestProperty("ocp-date", date);
        call.setRequestProperty("authorization", "SharedKey " + account + ":" + sign(one.key(), text));
        return call.getResponseCode() == 200;
    }

    private boolean report(boolean healthy) throws Exception {
        var account = env("ACCOUNT");
        var at = Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
        var instance = System.getenv().getOrDefault("INSTANCE", "default");
        var word = String.valueOf(healthy);
        var consumer = env("CONSUMER");
        var lines = String.join("\n", "batch-key-proof-v1", account, consumer, instance, held.version(), word, at);
        var body = """
            {"consumer":"%s","instance":"%s","secretVersion":"%s","healthy":%s,"at":"%s","proof":"%s"}"""
            .formatted(consumer, instance, held.version(), healthy, at, sign(held.key(), lines));
        var request = HttpRequest.newBuilder(URI.create(env("ROTATOR_URL") + "/accounts/" + account + "/signals"))
            .header("content-type", "application/json").header("x-functions-key", env("ROTATOR_KEY"))
            .POST(HttpRequest.BodyPublishers.ofString(body)).timeout(Duration.ofSeconds(30)).build();
        var answer = http.send(request, BodyHandlers.ofString());
        System.out.println(answer.statusCode() + " " + answer.body());
        return answer.statusCode() == 202;
    }

    private String send(HttpRequest.Builder request) throws Exception {
        var answer = http.send(request.timeout(Duration.ofSeconds(10)).build(), BodyHandlers.ofString());
        if (answer.statusCode() != 200) throw new IllegalStateException("answered " + answer.statusCode());
        return answer.body();
    }

    /** One member of a JSON object, if its value is a string without escapes. */
    private static String member(String json, String name) {
        var found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"\\\\]*)\"").matcher(json);
        if (!found.find()) throw new IllegalStateException(name + " is missing");
        return found.group(1);
    }

    private static String sign(String key, String text) throws Exception {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(key), "HmacSHA256"));
        return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes("UTF-8")));
    }

    private static String env(String name) {
        var value = System.getenv(name);
        if (value == null) throw new IllegalStateException("setting " + name + " is missing");
        return value;
    }
}
