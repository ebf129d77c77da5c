"""Where each module path of TensorFlow 0.8 leads.

Left, the path a program imports. Right, our modules in the order in which its names are looked up:

- one module: the import gives that very module, so `tensorflow.python.platform.gfile is tf.gfile`;
- several: the import gives a module that looks each name up in them, first match wins;
- `raw`: the wrappers of single operations, `gen_math_ops._mat_mul` as well as `gen_math_ops.mat_mul`;
- `proto`: the generated messages of that name;
- `package`: names below it are further rows.
"""

from __future__ import annotations

MODULES: dict[str, str] = {
    "tensorflow": "tracer",
    # Messages
    "tensorflow.core": "package",
    "tensorflow.core.example": "package",
    "tensorflow.core.example.example_pb2": "proto",
    "tensorflow.core.example.feature_pb2": "proto",
    "tensorflow.core.framework": "package",
    "tensorflow.core.framework.allocation_description_pb2": "proto",
    "tensorflow.core.framework.attr_value_pb2": "proto",
    "tensorflow.core.framework.cost_graph_pb2": "proto",
    "tensorflow.core.framework.device_attributes_pb2": "proto",
    "tensorflow.core.framework.function_pb2": "proto",
    "tensorflow.core.framework.graph_pb2": "proto",
    "tensorflow.core.framework.kernel_def_pb2": "proto",
    "tensorflow.core.framework.log_memory_pb2": "proto",
    "tensorflow.core.framework.node_def_pb2": "proto",
    "tensorflow.core.framework.op_def_pb2": "proto",
    "tensorflow.core.framework.step_stats_pb2": "proto",
    "tensorflow.core.framework.summary_pb2": "proto",
    "tensorflow.core.framework.tensor_description_pb2": "proto",
    "tensorflow.core.framework.tensor_pb2": "proto",
    "tensorflow.core.framework.tensor_shape_pb2": "proto",
    "tensorflow.core.framework.tensor_slice_pb2": "proto",
    "tensorflow.core.framework.types_pb2": "proto",
    "tensorflow.core.framework.variable_pb2": "proto",
    "tensorflow.core.framework.versions_pb2": "proto",
    "tensorflow.core.lib": "package",
    "tensorflow.core.lib.core": "package",
    "tensorflow.core.lib.core.error_codes_pb2": "proto",
    "tensorflow.core.protobuf": "package",
    "tensorflow.core.protobuf.config_pb2": "proto",
    "tensorflow.core.protobuf.control_flow_pb2": "proto",
    "tensorflow.core.protobuf.meta_graph_pb2": "proto",
    "tensorflow.core.protobuf.named_tensor_pb2": "proto",
    "tensorflow.core.protobuf.queue_runner_pb2": "proto",
    "tensorflow.core.protobuf.saver_pb2": "proto",
    "tensorflow.core.protobuf.tensorflow_server_pb2": "proto",
    "tensorflow.core.util": "package",
    "tensorflow.core.util.event_pb2": "proto",
    "tensorflow.core.util.memmapped_file_system_pb2": "proto",
    "tensorflow.core.util.saved_tensor_slice_pb2": "proto",
    "tensorflow.core.util.test_log_pb2": "proto",
    "tensorflow.python.training.checkpoint_state_pb2": "proto",
    "tensorflow.python.training.saver_pb2": "proto",  # until 0.6
    # Data sets and models that programs import
    "tensorflow.examples": "package",
    "tensorflow.examples.tutorials": "package",
    "tensorflow.examples.tutorials.mnist": "package",
    "tensorflow.examples.tutorials.mnist.input_data": "tracer.legacy.datasets.mnist",
    "tensorflow.examples.tutorials.mnist.mnist": "tracer.legacy.programs.mnist_model",
    "tensorflow.g3doc": "package",
    "tensorflow.g3doc.tutorials": "package",
    "tensorflow.g3doc.tutorials.mnist": "package",  # where 0.5 had them
    "tensorflow.g3doc.tutorials.mnist.input_data": "tracer.legacy.datasets.mnist",
    "tensorflow.g3doc.tutorials.mnist.mnist": "tracer.legacy.programs.mnist_model",
    "tensorflow.models": "package",
    "tensorflow.models.embedding": "package",
    "tensorflow.models.embedding.gen_word2vec": "tracer.ops.word2vec",
    "tensorflow.models.image": "package",
    "tensorflow.models.image.cifar10": "package",
    "tensorflow.models.image.cifar10.cifar10": "tracer.legacy.programs.cifar10",
    "tensorflow.models.image.cifar10.cifar10_input": "tracer.legacy.programs.cifar10_input",
    "tensorflow.models.image.imagenet": "package",
    "tensorflow.models.image.imagenet.classify_image": "tracer.legacy.programs.classify_image",
    "tensorflow.models.rnn": "package",
    "tensorflow.models.rnn.linear": "tracer.nn.rnn_cell",
    "tensorflow.models.rnn.ptb": "package",
    "tensorflow.models.rnn.ptb.reader": "tracer.legacy.programs.ptb_reader",
    "tensorflow.models.rnn.rnn": "tracer.nn.recurrent",
    "tensorflow.models.rnn.rnn_cell": "tracer.nn.rnn_cell",
    "tensorflow.models.rnn.seq2seq": "tracer.nn.seq2seq",
    "tensorflow.models.rnn.translate": "package",
    "tensorflow.models.rnn.translate.data_utils": "tracer.legacy.programs.translation_data",
    "tensorflow.models.rnn.translate.seq2seq_model": "tracer.legacy.programs.translation_model",
    # What was contributed
    "tensorflow.contrib": "tracer.contrib",
    "tensorflow.contrib.ctc": "tracer.contrib.ctc",
    "tensorflow.contrib.ctc.ctc_ops": "tracer.contrib.ctc",
    "tensorflow.contrib.bayesflow": "tracer.contrib.bayesflow",
    "tensorflow.contrib.bayesflow.python": "package",  # from 0.10 on
    "tensorflow.contrib.bayesflow.python.ops": "package",
    "tensorflow.contrib.bayesflow.python.ops.entropy": "tracer.contrib.bayesflow.entropy",
    "tensorflow.contrib.bayesflow.python.ops.monte_carlo": "tracer.contrib.bayesflow.monte_carlo",
    "tensorflow.contrib.bayesflow.python.ops.stochastic_gradient_estimators": (
        "tracer.contrib.bayesflow.stochastic_gradient_estimators"
    ),
    "tensorflow.contrib.bayesflow.python.ops.stochastic_graph": "tracer.contrib.bayesflow.stochastic_graph",
    "tensorflow.contrib.bayesflow.python.ops.stochastic_tensor": "tracer.contrib.bayesflow.stochastic_tensor",
    "tensorflow.contrib.bayesflow.python.ops.variational_inference": "tracer.contrib.bayesflow.variational_inference",
    "tensorflow.contrib.copy_graph": "tracer.contrib.copy_graph",
    "tensorflow.contrib.copy_graph.python": "package",
    "tensorflow.contrib.copy_graph.python.util": "package",
    "tensorflow.contrib.copy_graph.python.util.copy_elements": "tracer.contrib.copy_graph.copy_elements",
    "tensorflow.contrib.crf": "tracer.contrib.crf",  # from 0.10 on
    "tensorflow.contrib.deprecated": "tracer.contrib.deprecated",  # from 0.12 on
    "tensorflow.contrib.distributions": "tracer.contrib.distributions",
    "tensorflow.contrib.distributions.python": "package",
    "tensorflow.contrib.distributions.python.ops": "package",
    "tensorflow.contrib.distributions.python.ops.bernoulli": "tracer.contrib.distributions.discrete",  # from 0.10 on
    "tensorflow.contrib.distributions.python.ops.beta": "tracer.contrib.distributions.continuous",  # from 0.10 on
    "tensorflow.contrib.distributions.python.ops.bijector": "tracer.contrib.distributions.bijector",  # from 0.12 on
    "tensorflow.contrib.distributions.python.ops.binomial": "tracer.contrib.distributions.counts",  # from 0.11 on
    "tensorflow.contrib.distributions.python.ops.categorical": "tracer.contrib.distributions.discrete",  # from 0.10 on
    "tensorflow.contrib.distributions.python.ops.chi2": "tracer.contrib.distributions.continuous",  # from 0.10 on
    "tensorflow.contrib.distributions.python.ops.dirichlet": "tracer.contrib.distributions.discrete",  # from 0.10 on
    "tensorflow.contrib.distributions.python.ops.dirichlet_multinomial": (
        "tracer.contrib.distributions.dirichlet_multinomial"
    ),
    "tensorflow.contrib.distributions.python.ops.distribution": "tracer.contrib.distributions.distribution",
    "tensorflow.contrib.distributions.python.ops.exponential": "tracer.contrib.distributions.continuous",  # from 0.10 on
    "tensorflow.contrib.distributions.python.ops.gamma": "tracer.contrib.distributions.continuous",  # from 0.10 on
    "tensorflow.contrib.distributions.python.ops.gaussian": "tracer.contrib.distributions.gaussian",
    "tensorflow.contrib.distributions.python.ops.gaussian_conjugate_posteriors": (
        "tracer.contrib.distributions.gaussian_conjugate_posteriors"
    ),
    "tensorflow.contrib.distributions.python.ops.inverse_gamma": "tracer.contrib.distributions.inverse_gamma",
    "tensorflow.contrib.distributions.python.ops.kullback_leibler": "tracer.contrib.distributions.kullback_leibler",
    "tensorflow.contrib.distributions.python.ops.laplace": "tracer.contrib.distributions.continuous",  # from 0.10 on
    "tensorflow.contrib.distributions.python.ops.mixture": "tracer.contrib.distributions.mixture",  # from 0.11 on
    "tensorflow.contrib.distributions.python.ops.multinomial": "tracer.contrib.distributions.counts",  # from 0.11 on
    "tensorflow.contrib.distributions.python.ops.mvn": "tracer.contrib.distributions.mvn",
    "tensorflow.contrib.distributions.python.ops.normal": "tracer.contrib.distributions.continuous",  # from 0.10 on
    "tensorflow.contrib.distributions.python.ops.normal_conjugate_posteriors": (  # from 0.9 on
        "tracer.contrib.distributions.normal_conjugate_posteriors"
    ),
    "tensorflow.contrib.distributions.python.ops.poisson": "tracer.contrib.distributions.discrete",  # from 0.10 on
    "tensorflow.contrib.distributions.python.ops.student_t": "tracer.contrib.distributions.student_t",  # from 0.10 on
    "tensorflow.contrib.distributions.python.ops.transformed_distribution": (
        "tracer.contrib.distributions.transformed_distribution"  # from 0.12 on
    ),
    "tensorflow.contrib.distributions.python.ops.uniform": "tracer.contrib.distributions.continuous",  # from 0.10 on
    "tensorflow.contrib.ffmpeg": "tracer.contrib.ffmpeg",
    "tensorflow.contrib.ffmpeg.ffmpeg_ops": "tracer.contrib.ffmpeg.ffmpeg_ops",
    "tensorflow.contrib.framework": "tracer.contrib.framework",
    "tensorflow.contrib.framework.python": "package",
    "tensorflow.contrib.framework.python.framework": (
        "package tracer.contrib.framework.tensor_util tracer.contrib.framework.deprecation "
        "tracer.contrib.framework.checkpoint_utils"
    ),
    "tensorflow.contrib.framework.python.framework.checkpoint_utils": "tracer.contrib.framework.checkpoint_utils",
    "tensorflow.contrib.framework.python.framework.deprecation": "tracer.contrib.framework.deprecation",
    "tensorflow.contrib.framework.python.framework.tensor_util": "tracer.contrib.framework.tensor_util",
    "tensorflow.contrib.framework.python.ops": "package tracer.contrib.framework",
    "tensorflow.contrib.framework.python.ops.arg_scope": "tracer.contrib.framework.arg_scope",
    "tensorflow.contrib.framework.python.ops.ops": "tracer.contrib.framework.ops",
    "tensorflow.contrib.framework.python.ops.variables": "tracer.contrib.framework.variables",
    "tensorflow.contrib.graph_editor": "tracer.contrib.graph_editor",  # from 0.11 on
    "tensorflow.contrib.graph_editor.select": "tracer.contrib.graph_editor.select",
    "tensorflow.contrib.graph_editor.subgraph": "tracer.contrib.graph_editor.subgraph",
    "tensorflow.contrib.graph_editor.transform": "tracer.contrib.graph_editor.transform",
    "tensorflow.contrib.grid_rnn": "package tracer.contrib.grid_rnn",
    "tensorflow.contrib.grid_rnn.python": "package",
    "tensorflow.contrib.grid_rnn.python.ops": "package",
    "tensorflow.contrib.grid_rnn.python.ops.grid_rnn_cell": "tracer.contrib.grid_rnn",
    "tensorflow.contrib.layers": "tracer.contrib.layers",
    "tensorflow.contrib.layers.python": "package",
    "tensorflow.contrib.layers.python.layers": "package tracer.contrib.layers",
    "tensorflow.contrib.layers.python.layers.embedding_ops": "tracer.contrib.layers.embedding_ops",  # from 0.9 on
    "tensorflow.contrib.layers.python.layers.encoders": "tracer.contrib.layers.embedding_ops",  # from 0.9 on
    "tensorflow.contrib.layers.python.layers.feature_column": "tracer.contrib.layers.feature_column",  # from 0.9 on
    "tensorflow.contrib.layers.python.layers.feature_column_ops": "tracer.contrib.layers.feature_column_ops",
    "tensorflow.contrib.layers.python.layers.initializers": "tracer.contrib.layers.initializers",
    "tensorflow.contrib.layers.python.layers.layers": "tracer.contrib.layers.layers",
    "tensorflow.contrib.layers.python.layers.optimizers": "tracer.contrib.layers.optimizers",
    "tensorflow.contrib.layers.python.layers.regularizers": "tracer.contrib.layers.regularizers",
    "tensorflow.contrib.layers.python.layers.summaries": "tracer.contrib.layers.summaries",
    "tensorflow.contrib.layers.python.layers.utils": "tracer.contrib.layers.utils",
    "tensorflow.contrib.layers.python.ops": "package",  # from 0.9 on
    "tensorflow.contrib.layers.python.ops.bucketization_op": "tracer.contrib.layers.crossing",  # from 0.9 on
    "tensorflow.contrib.layers.python.ops.sparse_feature_cross_op": "tracer.contrib.layers.crossing",  # from 0.9 on
    "tensorflow.contrib.layers.python.ops.sparse_ops": "tracer.contrib.layers.sparse_ops",  # from 0.9 on
    "tensorflow.contrib.learn": "tracer.contrib.learn",
    "tensorflow.contrib.learn.python": "package tracer.contrib.learn",
    "tensorflow.contrib.learn.python.learn": "tracer.contrib.learn",
    "tensorflow.contrib.learn.python.learn.datasets": "tracer.contrib.learn.datasets",
    "tensorflow.contrib.learn.python.learn.datasets.base": "tracer.contrib.learn.datasets.base",
    "tensorflow.contrib.learn.python.learn.datasets.mnist": "tracer.contrib.learn.datasets.mnist",
    "tensorflow.contrib.learn.python.learn.datasets.text_datasets": "tracer.contrib.learn.datasets.text_datasets",
    "tensorflow.contrib.learn.python.learn.estimators": "tracer.contrib.learn.estimators",
    "tensorflow.contrib.learn.python.learn.estimators._sklearn": "tracer.contrib.learn.estimators._sklearn",
    "tensorflow.contrib.learn.python.learn.estimators.autoencoder": "tracer.contrib.learn.estimators.autoencoder",
    "tensorflow.contrib.learn.python.learn.estimators.base": "tracer.contrib.learn.estimators.base",
    "tensorflow.contrib.learn.python.learn.estimators.dnn": "tracer.contrib.learn.estimators.dnn",
    "tensorflow.contrib.learn.python.learn.estimators.dnn_linear_combined": "tracer.contrib.learn.estimators.canned",
    "tensorflow.contrib.learn.python.learn.estimators.estimator": "tracer.contrib.learn.estimators.estimator",
    "tensorflow.contrib.learn.python.learn.estimators.head": "tracer.contrib.learn.estimators.head",  # from 0.9 on
    "tensorflow.contrib.learn.python.learn.estimators.linear": "tracer.contrib.learn.estimators.linear",
    "tensorflow.contrib.learn.python.learn.estimators.metric_key": "tracer.contrib.learn.estimators.model_fn",
    "tensorflow.contrib.learn.python.learn.estimators.model_fn": "tracer.contrib.learn.estimators.model_fn",
    "tensorflow.contrib.learn.python.learn.estimators.prediction_key": "tracer.contrib.learn.estimators.model_fn",
    "tensorflow.contrib.learn.python.learn.estimators.rnn": "tracer.contrib.learn.estimators.rnn",
    "tensorflow.contrib.learn.python.learn.estimators.run_config": "tracer.contrib.learn.estimators.run_config",
    "tensorflow.contrib.learn.python.learn.estimators.tensor_signature":
        "tracer.contrib.learn.estimators.tensor_signature",  # from 0.9 on
    "tensorflow.contrib.learn.python.learn.experiment": "tracer.contrib.learn.experiment",  # from 0.9 on
    "tensorflow.contrib.learn.python.learn.graph_actions": "tracer.contrib.learn.graph_actions",
    "tensorflow.contrib.learn.python.learn.io": "tracer.contrib.learn.io",
    "tensorflow.contrib.learn.python.learn.io.dask_io": "tracer.contrib.learn.io.dask_io",
    "tensorflow.contrib.learn.python.learn.io.data_feeder": "tracer.contrib.learn.io.data_feeder",
    "tensorflow.contrib.learn.python.learn.io.pandas_io": "tracer.contrib.learn.io.pandas_io",
    "tensorflow.contrib.learn.python.learn.learn_io": "tracer.contrib.learn.io",
    "tensorflow.contrib.learn.python.learn.learn_io.dask_io": "tracer.contrib.learn.io.dask_io",
    "tensorflow.contrib.learn.python.learn.learn_io.data_feeder": "tracer.contrib.learn.io.data_feeder",
    "tensorflow.contrib.learn.python.learn.learn_io.graph_io": "tracer.contrib.learn.io.graph_io",  # from 0.9 on
    "tensorflow.contrib.learn.python.learn.learn_io.pandas_io": "tracer.contrib.learn.io.pandas_io",
    "tensorflow.contrib.learn.python.learn.learn_runner": "tracer.contrib.learn.learn_runner",  # from 0.10 on
    "tensorflow.contrib.learn.python.learn.metric_spec": "tracer.contrib.learn.metric_spec",  # from 0.9 on
    "tensorflow.contrib.learn.python.learn.models": "tracer.contrib.learn.models",
    "tensorflow.contrib.learn.python.learn.monitored_session": "tracer.contrib.learn.monitored_session",
    "tensorflow.contrib.learn.python.learn.monitors": "tracer.contrib.learn.monitors",
    "tensorflow.contrib.learn.python.learn.ops": "tracer.contrib.learn.ops",
    "tensorflow.contrib.learn.python.learn.ops.array_ops": "tracer.contrib.learn.ops.array_ops",
    "tensorflow.contrib.learn.python.learn.ops.autoencoder_ops": "tracer.contrib.learn.ops.autoencoder_ops",
    "tensorflow.contrib.learn.python.learn.ops.batch_norm_ops": "tracer.contrib.learn.ops.batch_norm_ops",
    "tensorflow.contrib.learn.python.learn.ops.conv_ops": "tracer.contrib.learn.ops.conv_ops",
    "tensorflow.contrib.learn.python.learn.ops.dnn_ops": "tracer.contrib.learn.ops.dnn_ops",
    "tensorflow.contrib.learn.python.learn.ops.dropout_ops": "tracer.contrib.learn.ops.dropout_ops",
    "tensorflow.contrib.learn.python.learn.ops.embeddings_ops": "tracer.contrib.learn.ops.embeddings_ops",
    "tensorflow.contrib.learn.python.learn.ops.losses_ops": "tracer.contrib.learn.ops.losses_ops",
    "tensorflow.contrib.learn.python.learn.ops.seq2seq_ops": "tracer.contrib.learn.ops.seq2seq_ops",
    "tensorflow.contrib.learn.python.learn.preprocessing": "tracer.contrib.learn.preprocessing",
    "tensorflow.contrib.learn.python.learn.preprocessing.categorical": "tracer.contrib.learn.preprocessing.categorical",
    "tensorflow.contrib.learn.python.learn.preprocessing.categorical_vocabulary": (
        "tracer.contrib.learn.preprocessing.categorical_vocabulary"
    ),
    "tensorflow.contrib.learn.python.learn.preprocessing.text": "tracer.contrib.learn.preprocessing.text",
    "tensorflow.contrib.learn.python.learn.basic_session_run_hooks": "tracer.younger.hooks",  # from 0.10 on, as the next two
    "tensorflow.contrib.learn.python.learn.session_run_hook": "tracer.younger.hooks",
    "tensorflow.contrib.learn.python.learn.summary_writer_cache": "tracer.younger.hooks",
    "tensorflow.contrib.learn.python.learn.trainer": "tracer.contrib.learn.trainer",
    "tensorflow.contrib.learn.python.learn.utils": "package",  # from 0.9 on
    "tensorflow.contrib.learn.python.learn.utils.inspect_checkpoint": "tracer.inspect_checkpoint",
    "tensorflow.contrib.legacy_seq2seq": "tracer.nn.seq2seq",  # as 1.0 calls it
    "tensorflow.contrib.linear_optimizer": "tracer.contrib.linear_optimizer",
    "tensorflow.contrib.linear_optimizer.ops": "package",
    "tensorflow.contrib.linear_optimizer.ops.gen_sdca_ops": "tracer.contrib.linear_optimizer.sdca_ops",
    "tensorflow.contrib.linear_optimizer.python": "package",
    "tensorflow.contrib.linear_optimizer.python.ops": "package",
    "tensorflow.contrib.linear_optimizer.python.sdca_optimizer": "tracer.contrib.linear_optimizer.sdca_optimizer",
    "tensorflow.contrib.linear_optimizer.python.ops.sdca_ops": "tracer.contrib.linear_optimizer.sdca_model",
    "tensorflow.contrib.lookup": "tracer.contrib.lookup",
    "tensorflow.contrib.lookup.lookup_ops": "tracer.contrib.lookup",
    "tensorflow.contrib.losses": "tracer.contrib.losses",
    "tensorflow.contrib.losses.python": "package",
    "tensorflow.contrib.losses.python.losses": "package tracer.contrib.losses",
    "tensorflow.contrib.losses.python.losses.loss_ops": "tracer.contrib.losses.loss_ops",
    "tensorflow.contrib.metrics": "tracer.contrib.metrics",
    "tensorflow.contrib.metrics.python": "package",
    "tensorflow.contrib.metrics.python.metrics": "package tracer.contrib.metrics.classification",
    "tensorflow.contrib.metrics.python.metrics.classification": "tracer.contrib.metrics.classification",
    "tensorflow.contrib.metrics.python.ops": "package",
    "tensorflow.contrib.metrics.python.ops.confusion_matrix_ops": "tracer.contrib.metrics.confusion_matrix_ops",
    "tensorflow.contrib.metrics.python.ops.histogram_ops": "tracer.contrib.metrics.histogram_ops",
    "tensorflow.contrib.metrics.python.ops.metric_ops": "tracer.contrib.metrics.metric_ops",
    "tensorflow.contrib.metrics.python.ops.set_ops": "tracer.contrib.metrics.set_ops",
    "tensorflow.contrib.opt": "tracer.contrib.opt",  # from 0.11 on
    "tensorflow.contrib.opt.python": "package",
    "tensorflow.contrib.opt.python.training": "package",
    "tensorflow.contrib.opt.python.training.external_optimizer": "tracer.contrib.opt.external_optimizer",
    "tensorflow.contrib.opt.python.training.moving_average_optimizer": "tracer.contrib.opt.moving_average_optimizer",
    "tensorflow.contrib.opt.python.training.variable_clipping_optimizer": "tracer.contrib.opt.variable_clipping_optimizer",
    "tensorflow.contrib.quantization": "tracer.contrib.quantization",
    "tensorflow.contrib.quantization.kernels": "package",
    "tensorflow.contrib.quantization.kernels.load_quantized_kernels_so": "tracer.contrib.quantization.load_quantized_ops_so",
    "tensorflow.contrib.quantization.load_quantized_ops_so": "tracer.contrib.quantization.load_quantized_ops_so",
    "tensorflow.contrib.quantization.ops": "package",
    "tensorflow.contrib.quantization.ops.gen_array_ops": "raw",
    "tensorflow.contrib.quantization.ops.gen_math_ops": "raw",
    "tensorflow.contrib.quantization.ops.gen_nn_ops": "raw",
    "tensorflow.contrib.quantization.python": "package tracer.contrib.quantization",
    "tensorflow.contrib.quantization.python.array_ops": "tracer.contrib.quantization",
    "tensorflow.contrib.quantization.python.math_ops": "tracer.contrib.quantization",
    "tensorflow.contrib.quantization.python.nn_ops": "tracer.contrib.quantization",
    "tensorflow.contrib.skflow": "tracer.contrib.learn",
    "tensorflow.contrib.rnn": "package tracer.contrib.rnn",
    "tensorflow.contrib.rnn.python": "package",
    "tensorflow.contrib.rnn.python.ops": "package",
    "tensorflow.contrib.rnn.python.ops.fused_rnn_cell": "tracer.contrib.rnn_blocks",  # from 0.11 on, as the next three
    "tensorflow.contrib.rnn.python.ops.gru_ops": "tracer.contrib.rnn_blocks",
    "tensorflow.contrib.rnn.python.ops.lstm_ops": "tracer.contrib.rnn_blocks",
    "tensorflow.contrib.rnn.python.ops.rnn": "tracer.contrib.rnn_stacks",
    "tensorflow.contrib.rnn.python.ops.rnn_cell": "tracer.contrib.rnn",
    "tensorflow.contrib.seq2seq": "tracer.contrib.seq2seq",  # from 0.12 on
    "tensorflow.contrib.session_bundle": "tracer.contrib.session_bundle",  # from 0.10 on
    "tensorflow.contrib.session_bundle.constants": "tracer.contrib.session_bundle.constants",
    "tensorflow.contrib.session_bundle.exporter": "tracer.contrib.session_bundle.exporter",
    "tensorflow.contrib.session_bundle.gc": "tracer.contrib.session_bundle.gc",
    "tensorflow.contrib.session_bundle.manifest_pb2": "tracer.contrib.session_bundle.manifest_pb2",
    "tensorflow.contrib.session_bundle.session_bundle": "tracer.contrib.session_bundle.session_bundle",
    "tensorflow.contrib.slim": "tracer.contrib.slim",
    "tensorflow.contrib.slim.nets": "tracer.contrib.slim.nets",  # from 0.11 on
    "tensorflow.contrib.slim.python": "package",
    "tensorflow.contrib.slim.python.slim": "package tracer.contrib.slim",
    "tensorflow.contrib.slim.python.slim.data": "package tracer.contrib.slim.data",
    "tensorflow.contrib.slim.python.slim.data.data_decoder": "tracer.contrib.slim.data.data_decoder",
    "tensorflow.contrib.slim.python.slim.data.data_provider": "tracer.contrib.slim.data.data_provider",
    "tensorflow.contrib.slim.python.slim.data.dataset": "tracer.contrib.slim.data.dataset",
    "tensorflow.contrib.slim.python.slim.data.dataset_data_provider": "tracer.contrib.slim.data.dataset_data_provider",
    "tensorflow.contrib.slim.python.slim.data.parallel_reader": "tracer.contrib.slim.data.parallel_reader",
    "tensorflow.contrib.slim.python.slim.data.prefetch_queue": "tracer.contrib.slim.data.prefetch_queue",
    "tensorflow.contrib.slim.python.slim.data.tfexample_decoder": "tracer.contrib.slim.data.tfexample_decoder",
    "tensorflow.contrib.slim.python.slim.evaluation": "tracer.contrib.slim.evaluation",
    "tensorflow.contrib.slim.python.slim.learning": "tracer.contrib.slim.learning",
    "tensorflow.contrib.slim.python.slim.model_analyzer": "tracer.contrib.slim.model_analyzer",
    "tensorflow.contrib.slim.python.slim.nets": "package tracer.contrib.slim.nets",
    "tensorflow.contrib.slim.python.slim.nets.alexnet": "tracer.contrib.slim.nets.alexnet",
    "tensorflow.contrib.slim.python.slim.nets.inception": "tracer.contrib.slim.nets.inception",
    "tensorflow.contrib.slim.python.slim.nets.inception_v1": "tracer.contrib.slim.nets.inception_v1",
    "tensorflow.contrib.slim.python.slim.nets.inception_v2": "tracer.contrib.slim.nets.inception_v2",
    "tensorflow.contrib.slim.python.slim.nets.inception_v3": "tracer.contrib.slim.nets.inception_v3",
    "tensorflow.contrib.slim.python.slim.nets.overfeat": "tracer.contrib.slim.nets.overfeat",
    "tensorflow.contrib.slim.python.slim.nets.resnet_utils": "tracer.contrib.slim.nets.resnet_utils",
    "tensorflow.contrib.slim.python.slim.nets.resnet_v1": "tracer.contrib.slim.nets.resnet_v1",
    "tensorflow.contrib.slim.python.slim.nets.resnet_v2": "tracer.contrib.slim.nets.resnet_v2",
    "tensorflow.contrib.slim.python.slim.nets.vgg": "tracer.contrib.slim.nets.vgg",
    "tensorflow.contrib.slim.python.slim.queues": "tracer.contrib.slim.queues",
    "tensorflow.contrib.tensorboard": "tracer.contrib.tensorboard",
    "tensorflow.contrib.tensorboard.plugins": "tracer.contrib.tensorboard.plugins",
    "tensorflow.contrib.tensorboard.plugins.projector": "tracer.contrib.tensorboard.plugins.projector",
    "tensorflow.contrib.tensor_forest": "tracer.contrib.tensor_forest",
    "tensorflow.contrib.tensor_forest.ops": "package tracer.contrib.tensor_forest",
    "tensorflow.contrib.tensor_forest.python": "package tracer.contrib.tensor_forest",
    "tensorflow.contrib.tensor_forest.python.ops": "package tracer.contrib.tensor_forest",
    "tensorflow.contrib.tensor_forest.python.ops.inference_ops": "tracer.contrib.tensor_forest.inference_ops",
    "tensorflow.contrib.tensor_forest.python.ops.training_ops": "tracer.contrib.tensor_forest.training_ops",
    "tensorflow.contrib.tensor_forest.python.tensor_forest": "tracer.contrib.tensor_forest.tensor_forest",
    "tensorflow.contrib.testing": "tracer.contrib.testing",
    "tensorflow.contrib.testing.python": "package",
    "tensorflow.contrib.testing.python.framework": "package",
    "tensorflow.contrib.testing.python.framework.test_util": "tracer.contrib.testing.test_util",
    "tensorflow.contrib.tfprof": "tracer.contrib.tfprof",  # from 0.12 on
    "tensorflow.contrib.tfprof.python": "package",
    "tensorflow.contrib.tfprof.python.tools": "package",
    "tensorflow.contrib.tfprof.python.tools.tfprof": "package tracer.contrib.tfprof",
    "tensorflow.contrib.tfprof.python.tools.tfprof.model_analyzer": "tracer.contrib.tfprof.model_analyzer",
    "tensorflow.contrib.tfprof.python.tools.tfprof.tfprof_logger": "tracer.contrib.tfprof.tfprof_logger",
    "tensorflow.contrib.training": "tracer.contrib.training",  # from 0.10 on
    "tensorflow.contrib.training.python": "package",
    "tensorflow.contrib.training.python.training": "package tracer.contrib.training",
    "tensorflow.contrib.training.python.training.bucket_ops": "tracer.contrib.training.bucket_ops",
    "tensorflow.contrib.training.python.training.device_setter": "tracer.contrib.training.device_setter",
    "tensorflow.contrib.training.python.training.evaluation": (
        "tracer.contrib.training.evaluation tracer.contrib.training.evaluate"
    ),
    "tensorflow.contrib.training.python.training.resample": "tracer.contrib.training.resample",
    "tensorflow.contrib.training.python.training.sampling_ops": "tracer.contrib.training.sampling_ops",
    "tensorflow.contrib.training.python.training.training": "tracer.contrib.training.training",
    "tensorflow.contrib.util": "tracer.contrib.util",
    # Sessions
    "tensorflow.python": "package tracer",
    "tensorflow.python.client": "package",
    "tensorflow.python.client.client_lib": "tracer.session tracer",
    "tensorflow.python.client.device_lib": "tracer.device_lib",
    "tensorflow.python.client.graph_util": "tracer.graph_util",
    "tensorflow.python.client.session": "tracer.session tracer",
    "tensorflow.python.client.timeline": "tracer.timeline",
    # Graphs
    "tensorflow.python.framework": "package",
    "tensorflow.python.framework.common_shapes": "tracer.common_shapes",  # from 0.11 on
    "tensorflow.python.framework.constant_op": "tracer.ops.array tracer.convert tracer",  # from 0.11 on
    "tensorflow.python.framework.device": "tracer.device",
    "tensorflow.python.framework.dtypes": "tracer.dtypes",
    "tensorflow.python.framework.errors": "tracer.errors",
    "tensorflow.python.framework.framework_lib": "tracer",
    "tensorflow.python.framework.function": "tracer.function",
    "tensorflow.python.framework.graph_util": "tracer.graph_util",
    "tensorflow.python.framework.importer": "tracer.importer",
    "tensorflow.python.framework.load_library": "tracer.load_library",
    "tensorflow.python.framework.meta_graph": "tracer.train.meta_graph",  # from 0.12 on
    "tensorflow.python.framework.op_def_library": "tracer.op_def_library",  # from 0.11 on
    "tensorflow.python.framework.op_def_registry": "tracer.op_def_registry",
    "tensorflow.python.framework.ops": (
        "tracer.ir tracer.scopes tracer.convert tracer.declare tracer.gradients tracer.session tracer.proto_functions "
        "tracer.statistics tracer.legacy.framework_ops tracer"
    ),
    "tensorflow.python.framework.random_seed": "tracer.scopes tracer",
    "tensorflow.python.framework.registry": "tracer.registry",
    "tensorflow.python.framework.sparse_tensor": "tracer tracer.contrib.framework.tensor_util",  # from 0.12 on
    "tensorflow.python.framework.tensor_shape": "tracer.shapes",
    "tensorflow.python.framework.tensor_util": "tracer.tensor_util tracer.static tracer",
    "tensorflow.python.framework.test_ops": "tracer.legacy.test_ops",
    "tensorflow.python.framework.test_util": "tracer.test",
    "tensorflow.python.framework.types": "tracer.dtypes",  # up to 0.6
    "tensorflow.python.framework.versions": "tracer.versions",
    # Ops
    "tensorflow.python.kernel_tests": "package",
    "tensorflow.python.kernel_tests.gradient_checker": "tracer.test",
    "tensorflow.python.ops": "package",
    "tensorflow.python.ops.array_grad": "tracer.gradients",
    "tensorflow.python.ops.array_ops": "tracer.ops.array tracer",
    "tensorflow.python.ops.candidate_sampling_ops": "tracer.ops.sampling tracer.nn",
    "tensorflow.python.ops.check_ops": "tracer.ops.check tracer",
    "tensorflow.python.ops.clip_ops": "tracer.ops.clip tracer",
    "tensorflow.python.ops.common_shapes": "tracer.common_shapes",
    "tensorflow.python.ops.constant_op": "tracer.ops.array tracer.convert tracer",
    "tensorflow.python.ops.control_flow_grad": "tracer.gradients",
    "tensorflow.python.ops.control_flow_ops": "tracer.ops.control_flow tracer.ops.dataflow tracer.ops.loops tracer",
    "tensorflow.python.ops.ctc_ops": "tracer.ops.ctc",  # from 0.9 on
    "tensorflow.python.ops.data_flow_grad": "tracer.gradients",
    "tensorflow.python.ops.data_flow_ops": "tracer.ops.data_flow tracer",
    "tensorflow.python.ops.embedding_ops": "tracer.nn.embedding tracer.nn",
    "tensorflow.python.ops.functional_ops": "tracer.ops.functional tracer",
    "tensorflow.python.ops.gen_array_ops": "raw",
    "tensorflow.python.ops.gen_candidate_sampling_ops": "raw",
    "tensorflow.python.ops.gen_control_flow_ops": "raw",
    "tensorflow.python.ops.gen_ctc_ops": "raw",
    "tensorflow.python.ops.gen_data_flow_ops": "raw",
    "tensorflow.python.ops.gen_functional_ops": "raw",
    "tensorflow.python.ops.gen_image_ops": "raw",
    "tensorflow.python.ops.gen_io_ops": "raw",
    "tensorflow.python.ops.gen_linalg_ops": "raw",
    "tensorflow.python.ops.gen_logging_ops": "raw",
    "tensorflow.python.ops.gen_math_ops": "raw",
    "tensorflow.python.ops.gen_nn_ops": "raw",
    "tensorflow.python.ops.gen_parsing_ops": "raw",
    "tensorflow.python.ops.gen_random_ops": "raw",
    "tensorflow.python.ops.gen_script_ops": "raw",
    "tensorflow.python.ops.gen_sparse_ops": "raw",
    "tensorflow.python.ops.gen_state_ops": "raw",
    "tensorflow.python.ops.gen_string_ops": "raw",
    "tensorflow.python.ops.gen_user_ops": "raw",
    "tensorflow.python.ops.gradients": "tracer.gradients tracer.legacy.gradient_names tracer",
    "tensorflow.python.ops.histogram_ops": "tracer.ops.histogram tracer",
    "tensorflow.python.ops.image_grad": "tracer.gradients",
    "tensorflow.python.ops.gradient_checker": "tracer.gradient_checker",  # from 0.9 on
    "tensorflow.python.ops.image_ops": "tracer.image",
    "tensorflow.python.ops.init_ops": "tracer.initializers tracer.ops.array tracer",
    "tensorflow.python.ops.io_ops": "tracer.ops.io tracer",
    "tensorflow.python.ops.linalg_grad": "tracer.gradients",
    "tensorflow.python.ops.linalg_ops": "tracer.ops.linalg tracer",
    "tensorflow.python.ops.logging_ops": "tracer.ops.summary tracer.ops.control_flow tracer",
    "tensorflow.python.ops.math_grad": "tracer.gradients",
    "tensorflow.python.ops.math_ops": "tracer.ops.math tracer.ops.reduction tracer tracer.legacy.gradient_names",
    "tensorflow.python.ops.nn": "tracer.nn",
    "tensorflow.python.ops.nn_grad": "tracer.gradients",
    "tensorflow.python.ops.nn_ops": "tracer.ops.nn tracer.nn",
    "tensorflow.python.ops.numerics": "tracer.ops.array tracer",
    "tensorflow.python.ops.op_def_library": "tracer.op_def_library",
    "tensorflow.python.ops.parsing_ops": "tracer.ops.parsing tracer",
    "tensorflow.python.ops.partitioned_variables": "tracer.variable_scope tracer",
    "tensorflow.python.ops.random_ops": "tracer.ops.random tracer",
    "tensorflow.python.ops.rnn": "tracer.nn.recurrent tracer.nn",
    "tensorflow.python.ops.rnn_cell": "tracer.nn.rnn_cell",
    "tensorflow.python.ops.script_ops": "tracer.ops.script tracer",
    "tensorflow.python.ops.seq2seq": "tracer.nn.seq2seq",
    "tensorflow.python.ops.session_ops": "tracer.ops.session tracer",
    "tensorflow.python.ops.sparse_grad": "tracer.gradients",
    "tensorflow.python.ops.sparse_ops": "tracer.ops.sparse tracer",
    "tensorflow.python.ops.special_math_ops": "tracer.ops.math tracer",
    "tensorflow.python.ops.standard_ops": "tracer",
    "tensorflow.python.ops.state_grad": "tracer.gradients",
    "tensorflow.python.ops.state_ops": "tracer.ops.state tracer.variables tracer",
    "tensorflow.python.ops.string_ops": "tracer.ops.strings tracer",
    "tensorflow.python.ops.template": "tracer.template",
    "tensorflow.python.ops.tensor_array_grad": "tracer.ops.tensor_array tracer.gradients",
    "tensorflow.python.ops.tensor_array_ops": "tracer.ops.tensor_array",
    "tensorflow.python.ops.variable_scope": "tracer.variable_scope tracer",
    "tensorflow.python.ops.variables": "tracer.variables tracer",
    "tensorflow.python.user_ops": "package",
    "tensorflow.python.user_ops.user_ops": "tracer.user_ops",
    # Platform
    "tensorflow.python.platform": "package tracer",
    "tensorflow.python.platform.app": "tracer.app",
    "tensorflow.python.platform.benchmark": "tracer.test",
    "tensorflow.python.platform.control_imports": "tracer.legacy.control_imports",
    "tensorflow.python.platform.default": "package",
    "tensorflow.python.platform.default._flags": "tracer.flags",
    "tensorflow.python.platform.default._gfile": "tracer.gfile",
    "tensorflow.python.platform.default._googletest": "tracer.legacy.googletest tracer.test",
    "tensorflow.python.platform.default._logging": "tracer.logging",
    "tensorflow.python.platform.default._resource_loader": "tracer.resource_loader",
    "tensorflow.python.platform.flags": "tracer.flags",
    "tensorflow.python.platform.gfile": "tracer.gfile",
    "tensorflow.python.platform.googletest": "tracer.legacy.googletest tracer.test unittest",
    "tensorflow.python.platform.logging": "tracer.logging",
    "tensorflow.python.platform.resource_loader": "tracer.resource_loader",
    "tensorflow.python.platform.status_bar": "tracer.legacy.status_bar",
    "tensorflow.python.platform.sysconfig": "tracer.sysconfig",
    "tensorflow.python.platform.test": "tracer.test",
    "tensorflow.python.platform.tf_logging": "tracer.logging",
    "tensorflow.python.util": "package",
    "tensorflow.python.debug": "tracer.younger.debug",  # from 0.12 on
    "tensorflow.python.util.all_util": "tracer.all_util",
    "tensorflow.python.util.compat": "tracer.compat",
    "tensorflow.python.util.deprecation": "tracer.contrib.framework.deprecation",  # from 0.12 on
    "tensorflow.python.util.nest": "tracer.younger.nest",
    "tensorflow.python.util.protobuf": "package",
    "tensorflow.python.util.protobuf.compare": "tracer.proto_compare",
    "tensorflow.python.util.protobuf.compare_test_pb2": "tracer.legacy.compare_test_pb2",
    # Files
    "tensorflow.python.lib": "package",
    "tensorflow.python.lib.io": "package",
    "tensorflow.python.lib.io.file_io": "tracer.younger.file_io",
    "tensorflow.python.lib.io.python_io": "tracer.python_io",
    "tensorflow.python.lib.io.tf_record": "tracer.python_io",
    "tensorflow.python.pywrap_tensorflow": "tracer.legacy.pywrap",
    # Reading events
    "tensorflow.python.summary": "package",
    "tensorflow.python.summary.writer": "package",
    "tensorflow.python.summary.writer.writer": "tracer.younger.summary tracer.train",
    "tensorflow.python.summary.writer.writer_cache": "tracer.younger.hooks",  # from 0.12 on, as the last two
    "tensorflow.python.summary.summary": "tracer.younger.summary",
    "tensorflow.python.summary.summary_iterator": "tracer.train",  # from 0.12 on
    "tensorflow.python.summary.event_accumulator": "tracer.train.event_accumulator",
    "tensorflow.python.summary.event_multiplexer": "tracer.train.event_multiplexer",
    "tensorflow.python.summary.impl": "package",
    "tensorflow.python.summary.impl.directory_watcher": "tensorboard.backend.event_processing.directory_watcher",
    "tensorflow.python.summary.impl.event_file_loader": "tensorboard.backend.event_processing.event_file_loader",
    "tensorflow.python.summary.impl.gcs": "tracer.train.gcs",
    "tensorflow.python.summary.impl.gcs_file_loader": "tracer.train.gcs_file_loader",
    "tensorflow.python.summary.impl.io_wrapper": "tensorboard.backend.event_processing.io_wrapper",
    "tensorflow.python.summary.impl.reservoir": "tensorboard.backend.event_processing.reservoir",
    # TensorBoard
    "tensorflow.tensorboard": "package",
    "tensorflow.tensorboard.backend": "package",
    "tensorflow.tensorboard.backend.process_graph": "tensorboard.backend.process_graph",
    "tensorflow.tensorboard.lib": "package",
    "tensorflow.tensorboard.lib.python": "package",
    "tensorflow.tensorboard.lib.python.json_util": "tracer.legacy.json_util",
    # Tools
    "tensorflow.python.tools": "package",
    "tensorflow.python.tools.freeze_graph": "tracer.freeze_graph",
    "tensorflow.python.tools.graph_metrics": "tracer.graph_metrics",
    "tensorflow.python.tools.inspect_checkpoint": "tracer.inspect_checkpoint",
    "tensorflow.python.tools.optimize_for_inference_lib": "tracer.optimize_for_inference",
    "tensorflow.python.tools.strip_unused": "tracer.strip_unused",
    "tensorflow.python.tools.strip_unused_lib": "tracer.strip_unused",
    # Training
    "tensorflow.python.training": "package",
    "tensorflow.python.training.adadelta": "tracer.train.optimizers",
    "tensorflow.python.training.adagrad": "tracer.train.optimizers",
    "tensorflow.python.training.adam": "tracer.train.optimizers",
    "tensorflow.python.training.basic_loops": "tracer.train.basic_loops",
    "tensorflow.python.training.basic_session_run_hooks": "tracer.younger.hooks",  # from 0.11 on
    "tensorflow.python.training.coordinator": "tracer.train.coordinator",
    "tensorflow.python.training.device_setter": "tracer.train.device_setter",
    "tensorflow.python.training.ftrl": "tracer.train.optimizers",
    "tensorflow.python.training.gen_training_ops": "raw",
    "tensorflow.python.training.gradient_descent": "tracer.train.optimizers",
    "tensorflow.python.training.input": "tracer.train.input",
    "tensorflow.python.training.learning_rate_decay": "tracer.train.decay",
    "tensorflow.python.training.momentum": "tracer.train.optimizers",
    "tensorflow.python.training.monitored_session": "tracer.younger.monitored_session",  # from 0.11 on
    "tensorflow.python.training.moving_averages": "tracer.train.averages",
    "tensorflow.python.training.optimizer": "tracer.train.optimizer",
    "tensorflow.python.training.queue_runner": "tracer.train.queue_runner",
    "tensorflow.python.training.rmsprop": "tracer.train.optimizers",
    "tensorflow.python.training.saver": "tracer.train.saver",
    "tensorflow.python.training.server_lib": "tracer.train.server_lib",
    "tensorflow.python.training.session_manager": "tracer.train.session_manager",
    "tensorflow.python.training.session_run_hook": "tracer.younger.hooks",  # from 0.11 on
    "tensorflow.python.training.slot_creator": "tracer.train.slots",
    "tensorflow.python.training.summary_io": "tracer.train.summary_writer tracer.train",
    "tensorflow.python.training.supervisor": "tracer.train.supervisor",
    "tensorflow.python.training.sync_replicas_optimizer": (
        "tracer.train.sync_replicas_optimizer tracer.train.sync_replicas_optimizer_v2"
    ),
    "tensorflow.python.training.tensorboard_logging": "tracer.train.tensorboard_logging",
    "tensorflow.python.training.training": "tracer.train",
    "tensorflow.python.training.training_ops": "raw",
    "tensorflow.python.training.training_util": "tracer.train.training_util tracer.train",
}

NO_COUNTERPART = frozenset(
    """
tensorflow.contrib.ffmpeg.ops
tensorflow.contrib.quantization.tools.quantize_graph
tensorflow.examples.image_retraining.retrain
tensorflow.g3doc.how_tos.adding_an_op.cuda_op
tensorflow.g3doc.how_tos.adding_an_op.zero_out_grad_2
tensorflow.g3doc.how_tos.adding_an_op.zero_out_op_1
tensorflow.g3doc.how_tos.adding_an_op.zero_out_op_2
tensorflow.g3doc.how_tos.adding_an_op.zero_out_op_3
tensorflow.models.embedding.word2vec
tensorflow.models.embedding.word2vec_optimized
tensorflow.python.framework.docs
tensorflow.tensorboard.backend.handler
tensorflow.tensorboard.backend.server
tensorflow.tensorboard.tensorboard
tensorflow.tools.dist_test.server.grpc_tensorflow_server
tensorflow.tools.test.gpu_info_lib
tensorflow.tools.test.run_and_gather_logs_lib
tensorflow.tools.test.system_info_lib
""".split()
)
