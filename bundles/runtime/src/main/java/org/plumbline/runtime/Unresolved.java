package org.plumbline.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.namespace.ExecutionEnvironmentNamespace;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.resource.Namespace;

/**
 * Finds out why a bundle does not resolve: what it needs, what there is instead, and, where its provider does not resolve
 * either, what that needs in turn.
 */
final class Unresolved {
    private static final Pattern PACKAGE = Pattern.compile("\\(osgi\\.wiring\\.package=([^)]*)\\)");
    private static final Pattern FROM = Pattern.compile("\\(version>=([^)]*)\\)");
    private static final Pattern BELOW = Pattern.compile("\\(!\\(version>=([^)]*)\\)\\)");

    private final BundleContext context;
    private final FrameworkWiring wiring;

    Unresolved(BundleContext context) {
        this.context = context;
        this.wiring = context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class);
    }

    /**
     * The reasons, outermost first.
     *
     * @param resolverMessage what the framework said; used where the requirements, each for itself, could be met
     */
    List<String> reasons(Bundle bundle, String resolverMessage) {
        List<String> reasons = new ArrayList<>();
        collect(bundle, reasons, new HashSet<>());
        if (reasons.isEmpty()) {
            reasons.add(resolverMessage);
        }
        return reasons;
    }

    private void collect(Bundle bundle, List<String> reasons, Set<Bundle> visited) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        if (revision == null || !visited.add(bundle)) {
            return;
        }
        for (BundleRequirement requirement : revision.getDeclaredRequirements(null)) {
            if (!mandatory(requirement)) {
                continue;
            }
            Collection<BundleCapability> providers = wiring.findProviders(requirement);
            if (providers.isEmpty()) {
                reasons.add(name(bundle) + " needs " + text(requirement) + "; " + instead(requirement));
            } else if (providers.stream().noneMatch(Unresolved::ready)) {
                Bundle provider = providers.iterator().next().getRevision().getBundle();
                reasons.add(name(bundle) + " needs " + text(requirement) + "; " + name(provider)
                        + " would provide it but cannot be used itself");
                collect(provider, reasons, visited);
            }
        }
    }

    private static boolean mandatory(BundleRequirement requirement) {
        String resolution = requirement.getDirectives().get(Namespace.REQUIREMENT_RESOLUTION_DIRECTIVE);
        String effective =
                requirement.getDirectives().getOrDefault(Namespace.REQUIREMENT_EFFECTIVE_DIRECTIVE, "resolve");
        return effective.equals(Namespace.EFFECTIVE_RESOLVE)
                && !Namespace.RESOLUTION_OPTIONAL.equals(resolution)
                && !PackageNamespace.RESOLUTION_DYNAMIC.equals(resolution);
    }

    private static boolean ready(BundleCapability capability) {
        return (capability.getRevision().getBundle().getState() & (Bundle.INSTALLED | Bundle.UNINSTALLED)) == 0;
    }

    private static String text(BundleRequirement requirement) {
        String filter = filter(requirement);
        String packageName = packageName(requirement);
        if (packageName != null) {
            Matcher from = FROM.matcher(filter);
            Matcher below = BELOW.matcher(filter);
            boolean capped = below.find();
            String range = from.find() ? from.group(1) : null;
            return "package " + packageName
                    + (range == null
                            ? ""
                            : capped
                                    ? ", version [" + range + ", " + below.group(1) + ")"
                                    : ", version " + range + " or newer");
        }
        if (requirement.getNamespace().equals(ExecutionEnvironmentNamespace.EXECUTION_ENVIRONMENT_NAMESPACE)) {
            return "a newer Java: " + filter;
        }
        return requirement.getNamespace() + " " + filter;
    }

    /** What there is in the place of what is needed. */
    private String instead(BundleRequirement requirement) {
        String packageName = packageName(requirement);
        if (packageName == null) {
            return requirement.getNamespace().equals(ExecutionEnvironmentNamespace.EXECUTION_ENVIRONMENT_NAMESPACE)
                    ? "this is Java " + Runtime.version().feature()
                    : "nothing provides it";
        }
        String offers = Arrays.stream(context.getBundles())
                .flatMap(bundle -> offers(bundle, packageName).stream())
                .collect(Collectors.joining(", "));
        return offers.isEmpty() ? "nobody provides this package" : "there is " + offers;
    }

    private static List<String> offers(Bundle bundle, String packageName) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        if (revision == null) {
            return List.of();
        }
        return revision.getDeclaredCapabilities(PackageNamespace.PACKAGE_NAMESPACE).stream()
                .filter(capability ->
                        packageName.equals(capability.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE)))
                .map(capability -> capability.getAttributes().get(Constants.VERSION_ATTRIBUTE)
                        + (bundle.getBundleId() == 0 ? " in the platform" : " in " + name(bundle)))
                .toList();
    }

    private static @Nullable String packageName(BundleRequirement requirement) {
        Matcher matcher = PACKAGE.matcher(filter(requirement));
        return matcher.find() ? matcher.group(1) : null;
    }

    private static String filter(BundleRequirement requirement) {
        return requirement.getDirectives().getOrDefault(Namespace.REQUIREMENT_FILTER_DIRECTIVE, "");
    }

    private static String name(Bundle bundle) {
        return "bundle " + bundle.getSymbolicName() + " " + bundle.getVersion();
    }
}
