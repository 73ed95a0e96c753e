import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.plugins.Plugin;

/**
 * One node of OpenSearch on the loopback address, for tests.
 *
 * <p>Arguments: home folder, port of HTTP, port between nodes, how many nodes there are, and the
 * port between nodes of the first.
 */
public class Node extends org.opensearch.node.Node {
    private Node(Environment environment, List<Class<? extends Plugin>> plugins) {
        super(environment, plugins, false);
    }

    public static void main(String[] args) throws Exception {
        String home = args[0];
        int nodes = Integer.parseInt(args[3]);
        int first = Integer.parseInt(args[4]);
        Settings.Builder settings = Settings.builder()
            .put("path.home", home)
            .put("cluster.name", "harness")
            .put("node.name", "node-" + args[2])
            .put("network.host", "127.0.0.1")
            .put("http.port", args[1])
            .put("transport.port", args[2])
            .put("cluster.routing.allocation.disk.threshold_enabled", false);
        if (nodes == 1) {
            settings.put("discovery.type", "single-node");
        } else {
            List<String> seeds = new ArrayList<>();
            List<String> names = new ArrayList<>();
            for (int node = 0; node < nodes; node++) {
                seeds.add("127.0.0.1:" + (first + node));
                names.add("node-" + (first + node));
            }
            settings.putList("discovery.seed_hosts", seeds);
            settings.putList("cluster.initial_cluster_manager_nodes", names);
        }
        List<Class<? extends Plugin>> plugins = new ArrayList<>();
        for (String name : List.of(
            "org.opensearch.transport.Netty4Plugin",
            "org.opensearch.index.mapper.MapperExtrasPlugin",
            "org.opensearch.analysis.common.CommonAnalysisPlugin"
        )) {
            plugins.add(Class.forName(name).asSubclass(Plugin.class));
        }
        Node node = new Node(new Environment(settings.build(), Path.of(home, "config")), plugins);
        node.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception error) {
                error.printStackTrace();
            }
        }));
        new CountDownLatch(1).await();
    }
}
