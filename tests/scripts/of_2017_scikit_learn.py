"""A search over hyperparameters in the manner of 2017: `keras.wrappers.scikit_learn` and `lr=`."""

import numpy as np
from keras.layers import Dense, Dropout
from keras.models import Sequential
from keras.optimizers import Adam
from keras.wrappers.scikit_learn import KerasClassifier, KerasRegressor
from sklearn.model_selection import GridSearchCV

rng = np.random.RandomState(3)
X = rng.randn(120, 4)
y = (X.sum(axis=1) > 0).astype(int)


def create_model(neurons=4, dropout_rate=0.0):
    model = Sequential()
    model.add(Dense(neurons, input_dim=4, kernel_initializer="uniform", activation="relu"))
    model.add(Dropout(dropout_rate))
    model.add(Dense(1, kernel_initializer="uniform", activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer=Adam(lr=0.05), metrics=["accuracy"])
    return model


model = KerasClassifier(build_fn=create_model, epochs=15, batch_size=20, verbose=0)
grid = GridSearchCV(estimator=model, param_grid={"neurons": [2, 8], "dropout_rate": [0.0, 0.2]}, cv=2)
result = grid.fit(X, y)
assert set(result.best_params_) == {"neurons", "dropout_rate"} and result.best_score_ > 0.7, result.best_score_
assert len(result.cv_results_["mean_test_score"]) == 4


def line():
    model = Sequential([Dense(1, input_dim=4)])
    model.compile(loss="mean_squared_error", optimizer="sgd")
    return model


regressor = KerasRegressor(build_fn=line, nb_epoch=40, verbose=0)
regressor.fit(X, X[:, 0])
assert regressor.predict(X).shape == (120,) and regressor.score(X, X[:, 0]) > -0.05
