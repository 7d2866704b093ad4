package main

import (
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	kubelet "k8s.io/kubernetes/pkg/kubelet/apis/config/scheme"
	proxy "k8s.io/kubernetes/pkg/proxy/apis/config/scheme"
)

// The decoders of the programs themselves, defaults and conversion to internal types included.
var decoder = func() runtime.Decoder {
	if os.Args[1] == "KubeProxyConfiguration" {
		return proxy.Codecs.UniversalDecoder()
	}
	_, codecs, err := kubelet.NewSchemeAndCodecs(serializer.EnableStrict)
	if err != nil {
		panic(err)
	}
	return codecs.UniversalDecoder()
}()
