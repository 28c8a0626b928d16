package images

// nobody is whom the images of the Prometheus project run as.
const nobody = "65534:65534"

// Image is what an image is made of.
type Image struct {
	// Name is that of the image, see Ref, and of its file in bin/images.
	Name string
	// Files are the binaries by their path in the image: names in bin/. The binaries
	// must be static, for there is nothing else in the image.
	Files map[string]string
	// Entrypoint is the path of the binary to run. Operators set the arguments only,
	// some also the path; so it is the same as in the image that everybody uses.
	Entrypoint string
	// User and group, by number.
	User string
	// Optional images are left out when their binaries are not there.
	Optional bool
}

// Table is every image, and the place for one more.
func Table() []Image {
	return []Image{
		one("pause", "/pause", "pause", "65535:65535"),
		one("probe", "/probe", "probe", nobody),

		one("operator", "/operator", "operator", "65532:65532"),
		one("ragsim", "/ragsim", "ragsim", "65532:65532"),
		// Of the release before, for the suite that upgrades it.
		optional(one("operator-previous", "/operator", "previous/operator", "65532:65532")),
		// Receivers of notifications.
		one("sinks", "/sinks", "sinks", "65532:65532"),

		one("coredns", "/coredns", "coredns", "65532:65532"),
		one("prometheus", "/bin/prometheus", "prometheus", nobody),
		one("alertmanager", "/bin/alertmanager", "alertmanager", nobody),
		one("node-exporter", "/bin/node_exporter", "node_exporter", nobody),
		one("prometheus-operator", "/bin/operator", "prometheus-operator", nobody),
		one("prometheus-config-reloader", "/bin/prometheus-config-reloader", "prometheus-config-reloader", nobody),
		one("prometheus-admission-webhook", "/bin/admission-webhook", "prometheus-admission-webhook", nobody),
	}
}

// one is an image of a single binary.
func one(name, entrypoint, binary, user string) Image {
	return Image{Name: name, Files: map[string]string{entrypoint: binary}, Entrypoint: entrypoint, User: user}
}

func optional(image Image) Image {
	image.Optional = true
	return image
}
