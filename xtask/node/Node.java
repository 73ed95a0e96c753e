import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/**
 * One node of OpenSearch or Elasticsearch on the loopback address, for tests.
 *
 * <p>Arguments: home folder, port of HTTP, port between nodes, how many nodes there are, the port
 * between nodes of the first, {@code opensearch} or {@code elasticsearch}, its version, and the
 * classes of its plugins.
 *
 * <p>All of it by reflection: the compiler of Java 17 cannot read classes made for Java 21, and
 * each of the versions makes its nodes in its own way.
 */
public class Node {
    private static String product;

    public static void main(String[] args) {
        try {
            run(args);
        } catch (Throwable error) {
            error.printStackTrace();
            // Threads of half a node would keep the process.
            Runtime.getRuntime().halt(1);
        }
    }

    private static void run(String[] args) throws Exception {
        String home = args[0];
        int nodes = Integer.parseInt(args[3]);
        int first = Integer.parseInt(args[4]);
        product = args[5];
        String version = args[6];
        List<String> plugins = List.of(args).subList(7, args.length);
        Object settings = call(null, type("common.settings.Settings"), "builder");
        put(settings, "path.home", home);
        put(settings, "cluster.name", "harness");
        put(settings, "node.name", "node-" + args[2]);
        put(settings, "network.host", "127.0.0.1");
        put(settings, "http.port", args[1]);
        put(settings, "transport.port", args[2]);
        put(settings, "cluster.routing.allocation.disk.threshold_enabled", "false");
        if (nodes == 1) {
            put(settings, "discovery.type", "single-node");
        } else {
            List<String> seeds = new ArrayList<>();
            List<String> names = new ArrayList<>();
            for (int node = 0; node < nodes; node++) {
                seeds.add("127.0.0.1:" + (first + node));
                names.add("node-" + (first + node));
            }
            put(settings, "discovery.seed_hosts", String.join(",", seeds));
            String manager = product.equals("opensearch") ? "cluster_manager" : "master";
            put(settings, "cluster.initial_" + manager + "_nodes", String.join(",", names));
        }
        Object environment = type("env.Environment")
            .getConstructor(type("common.settings.Settings"), Path.class)
            .newInstance(call(settings, settings.getClass(), "build"), Path.of(home, "config"));
        Object node = node(environment, Path.of(home, "modules"), version, plugins);
        call(node, node.getClass(), "start");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                call(node, node.getClass(), "close");
            } catch (Exception error) {
                error.printStackTrace();
            }
        }));
        new CountDownLatch(1).await();
    }

    private static Object node(Object environment, Path modules, String version, List<String> plugins)
        throws Exception {
        if (product.equals("elasticsearch") && !version.startsWith("7.")) {
            call(null, type("common.logging.LogConfigurator"), "configureESLogging");
            return fromModules(environment, modules, version, plugins);
        }
        List<Object> given = new ArrayList<>();
        for (String plugin : plugins) {
            given.add(version.startsWith("3.") ? info(plugin, version) : Class.forName(plugin));
        }
        for (Constructor<?> maker : type("node.Node").getDeclaredConstructors()) {
            if (maker.getParameterCount() == 3 && maker.getParameterTypes()[2] == boolean.class) {
                maker.setAccessible(true);
                return maker.newInstance(environment, given, false);
            }
        }
        throw new IllegalStateException("no constructor of nodes");
    }

    /** OpenSearch 3 knows plugins by descriptions, not by classes. */
    private static Object info(String plugin, String version) throws Exception {
        Class<?> number = Class.forName("org.opensearch.Version");
        return type("plugins.PluginInfo")
            .getConstructor(String.class, String.class, String.class, number, String.class,
                String.class, String.class, List.class, boolean.class)
            .newInstance(plugin, "", version, call(null, number, "fromString", version), "17",
                plugin, null, List.of(), false);
    }

    /** Elasticsearch 8 and 9 take plugins from folders, and no class that others can see as well. */
    private static Object fromModules(
        Object environment, Path modules, String version, List<String> plugins) throws Exception {
        List<Path> jars = new ArrayList<>();
        try (Stream<Path> found = Files.list(Path.of(System.getProperty("node.plugins")))) {
            found.forEach(jars::add);
        }
        for (String plugin : plugins) {
            String name = plugin.substring(plugin.lastIndexOf('.') + 1);
            Path folder = Files.createDirectories(modules.resolve(name));
            Files.writeString(folder.resolve("plugin-descriptor.properties"), String.join("\n",
                "name=" + name, "description=" + name, "version=" + version, "java.version=17",
                "elasticsearch.version=" + version, "classname=" + plugin, ""));
            for (Path jar : jars) {
                Files.copy(jar, folder.resolve(jar.getFileName()));
            }
        }
        Class<?> loader = type("plugins.PluginsLoader");
        Object bundles = version.startsWith("8.")
            ? call(null, loader, "loadModulesBundles", modules)
            : call(null, loader, "loadModulesBundles", modules, false);
        Object loaded = call(null, loader, "createPluginsLoader", bundles, Set.of(), Map.of(), false);
        Constructor<?> maker = type("node.Node").getConstructor(type("env.Environment"), loader);
        Object node = maker.newInstance(environment, loaded);
        answerAtRoot(node);
        return node;
    }

    /**
     * What `GET /` answers. The module of Elasticsearch that does it, rest-root, is not among the
     * jars of Maven Central: product and version are those of the node, the form is that module's.
     */
    private static void answerAtRoot(Object node) throws Exception {
        Object build = call(null, type("Build"), "current");
        String version = (String) call(build, build.getClass(), "version");
        String hash = (String) call(build, build.getClass(), "hash");
        String body = "{\"name\":\"node\",\"cluster_name\":\"harness\",\"version\":{\"number\":\""
            + version + "\",\"build_hash\":\"" + hash + "\"},\"tagline\":\"You Know, for Search\"}";
        Class<?> handler = type("rest.RestHandler");
        Class<?> status = type("rest.RestStatus");
        Constructor<?> response =
            type("rest.RestResponse").getConstructor(status, String.class, String.class);
        Object ok = status.getField("OK").get(null);
        Object root = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler},
            (self, method, arguments) -> {
                if (!method.getName().equals("handleRequest")) {
                    return InvocationHandler.invokeDefault(self, method, arguments);
                }
                Object answer = response.newInstance(ok, "application/json", body);
                return call(arguments[1], type("rest.RestChannel"), "sendResponse", answer);
            });
        Object injector = call(node, node.getClass(), "injector");
        Object http = call(injector, type("injection.guice.Injector"), "getInstance",
            type("http.HttpServerTransport"));
        Field dispatcher = type("http.AbstractHttpServerTransport").getDeclaredField("dispatcher");
        dispatcher.setAccessible(true);
        Object controller = dispatcher.get(http);
        Class<?> verb = type("rest.RestRequest$Method");
        Class<?> route = type("rest.RestHandler$Route");
        for (String name : List.of("GET", "HEAD")) {
            Object at = route.getConstructor(verb, String.class)
                .newInstance(verb.getField(name).get(null), "/");
            call(controller, controller.getClass(), "registerHandler", at, root);
        }
    }

    private static void put(Object settings, String key, String value) throws Exception {
        settings.getClass().getMethod("put", String.class, String.class).invoke(settings, key, value);
    }

    private static Class<?> type(String name) throws ClassNotFoundException {
        return Class.forName("org." + product + "." + name);
    }

    /** Calls the method of that name that takes so many arguments, the first that fits. */
    private static Object call(Object target, Class<?> type, String name, Object... arguments)
        throws Exception {
        IllegalArgumentException none = new IllegalArgumentException("no method " + name);
        for (Method method : type.getMethods()) {
            if (method.getName().equals(name) && method.getParameterCount() == arguments.length) {
                try {
                    return method.invoke(target, arguments);
                } catch (IllegalArgumentException other) {
                    none = other;
                } catch (InvocationTargetException error) {
                    throw error.getCause() instanceof Exception cause ? cause : error;
                }
            }
        }
        throw none;
    }
}
