package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	provisioner  = "builderpool.test/folder"
	selectedNode = "volume.kubernetes.io/selected-node"
	resync       = 5 * time.Second
)

// provision is called with a kubeconfig and a folder. It creates a subfolder and a volume for every claim whose pod has
// a node, and deletes the subfolder with the volume. The volumes are `local` volumes, not host paths: the kubelet gives
// only local volumes to the fsGroup of the pod, as in a cluster with a storage driver.
func provision() {
	config := must(clientcmd.BuildConfigFromFlags("", os.Args[1]))
	config.QPS, config.Burst = 200, 400
	client, folders := kubernetes.NewForConfigOrDie(config), os.Args[2]

	factory := informers.NewSharedInformerFactory(client, resync)
	onChange(factory.Core().V1().PersistentVolumeClaims().Informer(), func(object any) error {
		return provide(client, folders, object.(*core.PersistentVolumeClaim))
	})
	onChange(factory.Core().V1().PersistentVolumes().Informer(), func(object any) error {
		return reclaim(client, folders, object.(*core.PersistentVolume))
	})
	factory.Start(nil)
	select {}
}

// Errors are only printed: the informer delivers every object again at the next resync.
func onChange(informer cache.SharedIndexInformer, act func(any) error) {
	handle := func(object any) {
		if err := act(object); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	must(informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: handle, UpdateFunc: func(_, object any) { handle(object) }}))
}

func provide(client kubernetes.Interface, folders string, claim *core.PersistentVolumeClaim) error {
	node := claim.Annotations[selectedNode]
	class := claim.Spec.StorageClassName
	if claim.Status.Phase != core.ClaimPending || claim.Spec.VolumeName != "" || node == "" || class == nil {
		return nil
	}
	if claim.Annotations["volume.kubernetes.io/storage-provisioner"] != provisioner {
		return nil
	}
	name := "folder-" + string(claim.UID)
	path := filepath.Join(folders, name)
	if err := os.MkdirAll(path, 0o770); err != nil {
		return err
	}
	volume := &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: name, Annotations: map[string]string{"pv.kubernetes.io/provisioned-by": provisioner}},
		Spec: core.PersistentVolumeSpec{
			StorageClassName:              *class,
			AccessModes:                   claim.Spec.AccessModes,
			Capacity:                      claim.Spec.Resources.Requests,
			PersistentVolumeReclaimPolicy: core.PersistentVolumeReclaimDelete,
			PersistentVolumeSource:        core.PersistentVolumeSource{Local: &core.LocalVolumeSource{Path: path}},
			ClaimRef: &core.ObjectReference{
				Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
			NodeAffinity: &core.VolumeNodeAffinity{Required: &core.NodeSelector{NodeSelectorTerms: []core.NodeSelectorTerm{{
				MatchExpressions: []core.NodeSelectorRequirement{{
					Key: core.LabelHostname, Operator: core.NodeSelectorOpIn, Values: []string{node},
				}},
			}}}},
		},
	}
	_, err := client.CoreV1().PersistentVolumes().Create(context.Background(), volume, meta.CreateOptions{})
	if errors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func reclaim(client kubernetes.Interface, folders string, volume *core.PersistentVolume) error {
	ours := volume.Annotations["pv.kubernetes.io/provisioned-by"] == provisioner
	if !ours || volume.Status.Phase != core.VolumeReleased || volume.Spec.PersistentVolumeReclaimPolicy != core.PersistentVolumeReclaimDelete {
		return nil
	}
	if err := os.RemoveAll(filepath.Join(folders, volume.Name)); err != nil {
		return err
	}
	err := client.CoreV1().PersistentVolumes().Delete(context.Background(), volume.Name, meta.DeleteOptions{})
	if errors.IsNotFound(err) {
		return nil
	}
	return err
}
